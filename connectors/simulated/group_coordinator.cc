#include "connectors/simulated/group_coordinator.h"

#include <algorithm>

namespace freshet::simulated {

GroupSeat GroupCoordinator::Join(const GroupOptions& options) {
  Group& group = groups_[options.group];
  const std::uint64_t holder = next_holder_++;
  const bool is_static = !options.instance_id.empty();
  const std::string name = is_static ? options.instance_id : "member-" + std::to_string(holder);
  const auto [seat, fresh] = group.members.try_emplace(name);
  if (fresh) ++group.generation;
  Member& member = seat->second;
  member.holder = holder;
  member.options = options;
  member.heard = clock_.Now();
  // A process that comes back under its instance id is told its old partitions without a rebalance.
  member.assigned_at = 0;
  member.told.reset();
  return {options.group, name, holder};
}

Result<GroupCoordinator::Member*> GroupCoordinator::Find(const GroupSeat& seat) {
  Group& group = groups_[seat.group];
  const auto found = group.members.find(seat.member);
  if (found == group.members.end()) {
    return MakeError(ErrorCode::kNotFound, "the session of " + seat.member + " expired: join again");
  }
  if (found->second.holder != seat.holder) {
    return MakeError(ErrorCode::kFenced,
                     "instance id " + seat.member + " is used by another process: give each its own");
  }
  return &found->second;
}

Result<std::optional<std::vector<TopicPartition>>> GroupCoordinator::Poll(const GroupSeat& seat) {
  using Owned = std::vector<TopicPartition>;
  Group& group = groups_[seat.group];
  ExpireSessions(group);
  FRESHET_TRY(Member * member, Find(seat));
  member->heard = clock_.Now();
  if (Revoke(group, *member)) return std::optional<Owned>(Owned());
  const bool all_revoked =
      std::all_of(group.members.begin(), group.members.end(),
                  [&group](const auto& entry) { return entry.second.revoked_at == group.generation; });
  if (!all_revoked || member->assigned_at == group.generation) return std::optional<Owned>();
  member->assigned_at = group.generation;
  Owned owned = RangeOf(group, seat.member);
  if (member->told == owned) return std::optional<Owned>();
  member->told = owned;
  return std::optional<Owned>(std::move(owned));
}

// True when the member has just been asked to give up partitions.
bool GroupCoordinator::Revoke(const Group& group, Member& member) {
  if (member.revoked_at == group.generation) return false;
  member.revoked_at = group.generation;
  if (!member.told || member.told->empty()) return false;
  member.told->clear();
  return true;
}

void GroupCoordinator::ExpireSessions(Group& group) {
  const std::size_t gone = std::erase_if(group.members, [this](const auto& entry) {
    const std::int64_t silent_ms = clock_.Now().ms - entry.second.heard.ms;
    return silent_ms > entry.second.options.session_timeout.count();
  });
  if (gone > 0) ++group.generation;
}

std::vector<TopicPartition> GroupCoordinator::RangeOf(const Group& group, const std::string& member) const {
  const auto self = group.members.find(member);
  const auto index = static_cast<std::int32_t>(std::distance(group.members.begin(), self));
  const auto members = static_cast<std::int32_t>(group.members.size());
  const std::vector<std::string>& topics = self->second.options.lead_topics;
  std::int32_t partitions = 0;
  for (const std::string& topic : topics) partitions = std::max(partitions, count_(topic));
  const std::int32_t first = index * (partitions / members) + std::min(index, partitions % members);
  const std::int32_t end = first + partitions / members + (index < partitions % members ? 1 : 0);
  std::vector<TopicPartition> owned;
  for (const std::string& topic : topics) {
    for (std::int32_t p = first; p < std::min(end, count_(topic)); ++p)
      owned.push_back({topic, Partition{p}});
  }
  return owned;
}

Result<void> GroupCoordinator::Leave(const GroupSeat& seat) {
  auto member = Find(seat);
  if (!member.ok()) return {};
  Group& group = groups_[seat.group];
  group.members.erase(seat.member);
  ++group.generation;
  return {};
}

void GroupCoordinator::Advise(const std::string& group, const std::vector<Position>& next) {
  for (const Position& position : next) groups_[group].advised[position.from] = position.next;
}

std::map<TopicPartition, Offset> GroupCoordinator::AdvisedOffsets(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? std::map<TopicPartition, Offset>() : found->second.advised;
}

}  // namespace freshet::simulated
