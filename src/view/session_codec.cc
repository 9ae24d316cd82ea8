#include "view/session_codec.h"

#include "base/bytes.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyBytes = 10;

/// How many places back the item of this place stands; 0: it is new.
std::size_t StepsBack(const UserSession& session, std::size_t place) {
  for (std::size_t back = 1; back <= place; ++back) {
    if (session.items[place - back] == session.items[place]) return back;
  }
  return 0;
}

Error Corrupt() { return MakeError(ErrorCode::kCorrupt, "a session is damaged or of a newer version"); }

}  // namespace

std::string EncodeSessionKey(SessionKey key) {
  std::string bytes("\0S", 2);
  AppendBigEndian(bytes, key.value);
  return bytes;
}

std::optional<SessionKey> DecodeSessionKey(std::string_view bytes) {
  if (!IsSessionKey(bytes) || bytes.size() != kKeyBytes) return std::nullopt;
  return SessionKey{ReadBigEndian(bytes.substr(2))};
}

Partition SessionPartition(SessionKey key, std::int32_t item_partitions) {
  return {static_cast<std::int32_t>(key.value % static_cast<std::uint64_t>(item_partitions))};
}

std::string EncodeSession(const UserSession& session) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  writer.Signed(session.start.ms);
  writer.Varint(session.items.size());
  for (std::size_t place = 0; place < session.items.size(); ++place) {
    const std::size_t back = StepsBack(session, place);
    writer.Varint(back);
    if (back == 0) writer.Fixed(session.items[place].value);
  }
  return bytes;
}

Result<UserSession> DecodeSession(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return Corrupt();
  UserSession session;
  session.start.ms = reader.Signed();
  const std::uint64_t count = reader.Varint();
  if (count > kSessionItemsMax) return Corrupt();
  session.items.reserve(count);
  for (std::uint64_t place = 0; place < count && reader.ok(); ++place) {
    const std::uint64_t back = reader.Varint();
    if (back > place) return Corrupt();
    session.items.push_back(back == 0 ? ItemKey{reader.Fixed<std::uint64_t>()} : session.items[place - back]);
  }
  if (!reader.ok() || reader.left() != 0) return Corrupt();
  return session;
}

}  // namespace freshet
