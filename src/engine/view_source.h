#pragma once

#include <memory>

#include "view/item_snapshot.h"

namespace freshet {

/// Where tasks take the newest item model from. Thread-safe; a call copies one shared pointer.
class ViewSource {
 public:
  virtual ~ViewSource() = default;
  virtual std::shared_ptr<const ItemSnapshot> Latest() const = 0;
};

}  // namespace freshet
