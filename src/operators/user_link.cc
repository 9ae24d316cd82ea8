#include "operators/user_link.h"

#include <algorithm>

#include "base/bytes.h"
#include "operators/history_codec.h"
#include "operators/user_options.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kListMax = 1 << 20;
constexpr std::size_t kPieceEvents = 1024;  // of some 60 bytes, 300 at most
constexpr std::size_t kPieceIds = 1 << 14;  // of 8 bytes

Error Damaged(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt, std::string(what) + " is damaged or of a newer version");
}

void WriteKeys(const std::vector<ItemKey>& keys, ByteWriter& to) {
  to.Varint(keys.size());
  for (const ItemKey key : keys) to.Fixed(key.value);
}

void WriteDismissals(const std::vector<Dismissal>& dismissals, ByteWriter& to) {
  to.Varint(dismissals.size());
  for (const Dismissal& dismissal : dismissals) EncodeDismissal(dismissal, to);
}

std::size_t CountOf(ByteReader& from) {
  const std::uint64_t count = from.Varint();
  // Every entry has a byte at least: a damaged count reserves nothing beyond what is there.
  return static_cast<std::size_t>(std::min({count, kListMax, static_cast<std::uint64_t>(from.left())}));
}

template <typename Entry>
std::vector<Entry> TakePart(std::vector<Entry>& from, std::size_t piece, std::size_t size) {
  const std::size_t begin = std::min(from.size(), piece * size);
  const std::size_t end = std::min(from.size(), begin + size);
  return {std::make_move_iterator(from.begin() + static_cast<std::ptrdiff_t>(begin)),
          std::make_move_iterator(from.begin() + static_cast<std::ptrdiff_t>(end))};
}

std::size_t PiecesOf(std::size_t entries, std::size_t size) { return (entries + size - 1) / size; }

}  // namespace

std::string EncodeUserLink(const UserLink& link) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  writer.Fixed(static_cast<std::uint8_t>(link.kind));
  writer.Bytes(link.from);
  writer.Bytes(link.to);
  writer.Signed(link.home.value);
  writer.Fixed(link.hops);
  writer.Bytes(link.event_id);
  writer.Varint(link.input);
  writer.Signed(link.partition.value);
  writer.Signed(link.offset.value);
  writer.Bytes(link.body);
  return bytes;
}

Result<UserLink> DecodeUserLink(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return Damaged("a user link");
  UserLink link;
  const auto kind = reader.Fixed<std::uint8_t>();
  link.kind = static_cast<UserLink::Kind>(kind);
  link.from = reader.Bytes();
  link.to = reader.Bytes();
  link.home.value = static_cast<std::int32_t>(reader.Signed());
  link.hops = reader.Fixed<std::uint8_t>();
  link.event_id = reader.Bytes();
  link.input = static_cast<std::uint32_t>(reader.Varint());
  link.partition.value = static_cast<std::int32_t>(reader.Signed());
  link.offset.value = reader.Signed();
  link.body = reader.Bytes();
  const bool good = reader.ok() && reader.left() == 0 && kind >= 1 && kind <= 3 &&
                    link.input <= kProfilesInput && link.input != kLinksInput;
  if (!good || link.from.empty() || link.to.empty()) return Damaged("a user link");
  return link;
}

std::string MovedUser::Encode() const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  EncodeHistoryBlock(history, writer);
  WriteKeys(older_seen, writer);
  WriteDismissals(dismissals, writer);
  writer.Varint(event_ids.size());
  for (const std::uint64_t id : event_ids) writer.Fixed(id);
  writer.Signed(newest_id_at.ms);
  ratings.Encode(writer);
  writer.Varint(rated.size());
  for (const Rated& rating : rated) {
    writer.Varint(rating.place);
    rating.record.Encode(writer);
  }
  return bytes;
}

Result<MovedUser> MovedUser::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  MovedUser user;
  if (reader.Fixed<std::uint8_t>() != kVersion || !DecodeHistoryBlock(reader, user.history)) {
    return Damaged("a moved user");
  }
  user.older_seen.resize(CountOf(reader));
  for (ItemKey& item : user.older_seen) item.value = reader.Fixed<std::uint64_t>();
  user.dismissals.resize(CountOf(reader));
  for (Dismissal& dismissal : user.dismissals) dismissal = DecodeDismissal(reader);
  user.event_ids.resize(CountOf(reader));
  for (std::uint64_t& id : user.event_ids) id = reader.Fixed<std::uint64_t>();
  user.newest_id_at.ms = reader.Signed();
  bool good = user.ratings.Decode(reader);
  user.rated.resize(CountOf(reader));
  for (Rated& rating : user.rated) {
    rating.place = reader.Varint();
    good = good && rating.record.Decode(reader) && rating.place < user.history.size();
  }
  if (!good || !reader.ok() || reader.left() != 0) return Damaged("a moved user");
  return user;
}

std::vector<MovedUser> MovedUser::Split() && {
  const std::size_t count = std::max(
      {std::size_t{1}, PiecesOf(history.size(), kPieceEvents), PiecesOf(event_ids.size(), kPieceIds)});
  std::vector<MovedUser> pieces(count);
  for (std::size_t i = 0; i < count; ++i) {
    pieces[i].history = TakePart(history, i, kPieceEvents);
    pieces[i].event_ids = TakePart(event_ids, i, kPieceIds);
    pieces[i].newest_id_at = newest_id_at;
  }
  for (const Rated& rating : rated) {
    pieces[rating.place / kPieceEvents].rated.push_back({rating.place % kPieceEvents, rating.record});
  }
  pieces[0].older_seen = std::move(older_seen);
  pieces[0].dismissals = std::move(dismissals);
  pieces[0].ratings = ratings;
  return pieces;
}

}  // namespace freshet
