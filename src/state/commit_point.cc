#include "state/commit_point.h"

#include "base/bytes.h"
#include "base/format.h"

namespace freshet {

namespace {

constexpr std::uint64_t kFormat = 1;

}  // namespace

std::string CommitPoint::Encode() const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(kFormat);
  writer.Signed(changelog_next.value);
  writer.Varint(epoch);
  writer.Varint(seq);
  writer.Bytes(progress);
  return bytes;
}

Result<CommitPoint> CommitPoint::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint64_t format = reader.Varint();
  if (reader.ok() && format > kFormat) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("commit point of format {}, this version reads up to {}", format, kFormat));
  }
  CommitPoint point;
  point.changelog_next.value = reader.Signed();
  point.epoch = reader.Varint();
  point.seq = reader.Varint();
  point.progress = reader.Bytes();
  if (!reader.ok() || format == 0 || reader.left() != 0) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("commit point of {} bytes is damaged", bytes.size()));
  }
  return point;
}

bool Follows(const CommitPoint& next, const CommitPoint& last) {
  if (next.changelog_next < last.changelog_next) return false;
  if (next.epoch == last.epoch) return next.seq == last.seq + 1;
  return next.epoch > last.epoch;
}

}  // namespace freshet
