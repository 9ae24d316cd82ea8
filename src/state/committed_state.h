#pragma once

#include <optional>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

/// Reads the state as of the last commit. What an Overlay lies over.
class CommittedState {
 public:
  virtual ~CommittedState() = default;
  /// The view is valid until the next call.
  virtual Result<std::optional<std::string_view>> Read(std::string_view key) = 0;
};

}  // namespace freshet
