#include "operators/taught_taste.h"

#include "base/bytes.h"
#include "base/format.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;

std::string KeyOf(std::string_view user_id) { return KeyBuilder(kTaughtTasteTable).Text(user_id).Take(); }

}  // namespace

std::optional<TasteLesson> LoadTaughtTaste(State& state, std::string_view user_id) {
  const auto bytes = state.Get(KeyOf(user_id));
  if (!bytes) return std::nullopt;
  ByteReader reader(*bytes);
  TasteLesson lesson;
  const bool version = reader.Fixed<std::uint8_t>() == kVersion;
  if (version && lesson.Decode(reader) && reader.left() == 0) return lesson;
  state.Fail(
      MakeError(ErrorCode::kCorrupt,
                fmt::format("what user \"{}\" taught of its taste (state key 't', {} bytes) is damaged",
                            user_id, bytes->size())));
  return std::nullopt;
}

void SaveTaughtTaste(State& state, std::string_view user_id, const TasteLesson& lesson) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  lesson.Encode(writer);
  state.Put(KeyOf(user_id), bytes);
}

void EraseTaughtTaste(State& state, std::string_view user_id) { state.Delete(KeyOf(user_id)); }

}  // namespace freshet
