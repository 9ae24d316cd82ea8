#include "operators/net_lesson.h"

#include "base/bytes.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kLessonBytes = 16;

}  // namespace

std::string EncodeNetLessons(std::span<const NetLesson> lessons) {
  std::string bytes;
  bytes.reserve(8 + lessons.size() * kLessonBytes);
  ByteWriter to(bytes);
  to.Fixed(kVersion);
  to.Varint(lessons.size());
  for (const NetLesson& lesson : lessons) {
    to.Fixed(lesson.user);
    to.Fixed(lesson.item.value);
  }
  return bytes;
}

Result<std::vector<NetLesson>> DecodeNetLessons(std::string_view bytes) {
  const Error damaged =
      MakeError(ErrorCode::kCorrupt, "a record of lessons for the network is damaged or of a newer version");
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return damaged;
  const std::uint64_t count = from.Varint();
  if (!from.ok() || from.left() != count * kLessonBytes) return damaged;
  std::vector<NetLesson> lessons(count);
  for (NetLesson& lesson : lessons) {
    lesson.user = from.Fixed<std::uint64_t>();
    lesson.item.value = from.Fixed<std::uint64_t>();
  }
  return lessons;
}

}  // namespace freshet
