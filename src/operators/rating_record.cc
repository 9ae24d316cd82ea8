#include "operators/rating_record.h"

#include "base/bytes.h"
#include "base/format.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;

std::string KeyOf(std::string_view user_id, ItemKey item) {
  return KeyBuilder(kRatingTable).Text(user_id).Item(item).Take();
}

}  // namespace

std::optional<RatingRecord> RatingRecord::Load(State& state, std::string_view user_id, ItemKey item) {
  const auto bytes = state.Get(KeyOf(user_id, item));
  if (!bytes) return std::nullopt;
  ByteReader reader(*bytes);
  RatingRecord record;
  if (record.Decode(reader) && reader.left() == 0) return record;
  state.Fail(
      MakeError(ErrorCode::kCorrupt,
                fmt::format("the rating of item {:016x} by user \"{}\" (state key 'R', {} bytes) is damaged",
                            item.value, user_id, bytes->size())));
  return std::nullopt;
}

void RatingRecord::Save(State& state, std::string_view user_id, ItemKey item) const {
  std::string bytes;
  ByteWriter writer(bytes);
  Encode(writer);
  state.Put(KeyOf(user_id, item), bytes);
}

void RatingRecord::Erase(State& state, std::string_view user_id, ItemKey item) {
  state.Delete(KeyOf(user_id, item));
}

void RatingRecord::Encode(ByteWriter& to) const {
  to.Fixed(kVersion);
  to.Signed(rated_at.ms);
  to.Fixed(static_cast<std::uint8_t>(removed ? 1 : 0));
  if (!removed) lesson.Encode(to);
}

bool RatingRecord::Decode(ByteReader& from) {
  if (from.Fixed<std::uint8_t>() != kVersion) return false;
  rated_at.ms = from.Signed();
  removed = from.Fixed<std::uint8_t>() != 0;
  return removed ? from.ok() : lesson.Decode(from);
}

}  // namespace freshet
