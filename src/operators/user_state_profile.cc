#include "base/bytes.h"
#include "base/format.h"
#include "operators/user_state.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kProfileVersion = 1;

}  // namespace

bool UserState::SetProfile(const UserProfile& profile) {
  if (profile_ && profile.updated_at < profile_->updated_at) return false;
  if (!profile_ && !profile.wish.known()) return false;
  profile_.reset();
  if (profile.wish.known()) profile_ = profile;
  profile_dirty_ = head_dirty_ = true;
  return true;
}

Result<void> UserState::LoadProfile(State& state) {
  const auto bytes = state.Get(KeyBuilder(kProfileTable).Text(user_id_).View());
  ByteReader reader(bytes.value_or(""));
  UserProfile profile;
  const bool known = reader.Fixed<std::uint8_t>() == kProfileVersion;
  profile.updated_at.ms = reader.Signed();
  profile.wish.scale = reader.Fixed<float>();
  for (std::int8_t& code : profile.wish.codes) code = reader.Fixed<std::int8_t>();
  if (!known || !(profile.wish.scale > 0) || !reader.ok() || reader.left() != 0) {
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
  writer.Fixed(profile_->wish.scale);
  for (const std::int8_t code : profile_->wish.codes) writer.Fixed(code);
  state.Put(key, bytes);
}

}  // namespace freshet
