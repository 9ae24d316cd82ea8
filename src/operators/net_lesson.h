#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

// Values of the topic `net-lessons`: what one batch of a user task has for the network, in its order.
//
//   record := version:u8 lessons:list
//   lesson := user:u64 item:u64

/// A user's positive event.
struct NetLesson {
  std::uint64_t user = 0;  ///< Hash64 of the id
  ItemKey item;
  bool operator==(const NetLesson&) const = default;
};

std::string EncodeNetLessons(std::span<const NetLesson> lessons);
Result<std::vector<NetLesson>> DecodeNetLessons(std::string_view bytes);

}  // namespace freshet
