#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"
#include "models/content_code.h"
#include "operators/user_state.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kProfileVersion = 1;

}  // namespace

std::uint64_t SegmentKey(std::string_view name, std::string_view value) {
  std::string text(name);
  text.push_back('\0');
  text.append(value);
  return Hash64(text);
}

bool UserState::SetProfile(const UserProfile& profile) {
  if (profile_ && profile.updated_at < profile_->updated_at) return false;
  if (!profile_ && !profile.says_something()) return false;
  profile_.reset();
  if (profile.says_something()) profile_ = profile;
  profile_dirty_ = head_dirty_ = true;
  return true;
}

Result<void> UserState::LoadProfile(State& state) {
  const auto bytes = state.Get(KeyBuilder(kProfileTable).Text(user_id_).View());
  ByteReader reader(bytes.value_or(""));
  UserProfile profile;
  const bool known = reader.Fixed<std::uint8_t>() == kProfileVersion;
  profile.updated_at.ms = reader.Signed();
  profile.wish = ReadContent(reader);
  profile.segments.resize(std::min<std::uint64_t>(reader.Varint(), kProfileSegmentsMax));
  for (UserSegment& segment : profile.segments) {
    segment.name = reader.Bytes();
    segment.value = reader.Bytes();
    segment.key = SegmentKey(segment.name, segment.value);
  }
  if (!known || !(profile.wish.scale >= 0) || !reader.ok() || reader.left() != 0) {
    return MakeError(ErrorCode::kCorrupt, fmt::format("the profile of user \"{}\" is damaged", user_id_));
  }
  profile_ = profile;
  return {};
}

void UserState::SaveProfile(State& state) {
  const std::string key = KeyBuilder(kProfileTable).Text(user_id_).Take();
  if (!profile_) return state.Delete(key);
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kProfileVersion);
  writer.Signed(profile_->updated_at.ms);
  WriteContent(profile_->wish, writer);
  writer.Varint(profile_->segments.size());
  for (const UserSegment& segment : profile_->segments) {
    writer.Bytes(segment.name);
    writer.Bytes(segment.value);
  }
  state.Put(key, bytes);
}

}  // namespace freshet
