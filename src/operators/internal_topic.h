#pragma once

#include "freshet/event.h"
#include "freshet/result.h"

namespace freshet {

/// The refusal of a record that cannot be read, in a topic that tasks write for each other.
inline Rejection DamagedInternal(const Error& error) {
  return {"schema", "", error.message, "this topic is written by Freshet alone; remove other writers",
          "bare"};
}

}  // namespace freshet
