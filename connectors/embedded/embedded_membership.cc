#include "connectors/embedded/embedded_membership.h"

#include <algorithm>
#include <utility>

namespace freshet::embedded {

std::uint64_t Groups::Join(const std::string& group) {
  const std::uint64_t member = next_member_++;
  members_[group].push_back(member);
  return member;
}

void Groups::Leave(const std::string& group, std::uint64_t member) {
  const auto found = members_.find(group);
  if (found == members_.end()) return;
  std::erase(found->second, member);
  if (found->second.empty()) members_.erase(found);
}

std::optional<Groups::Seat> Groups::SeatOf(const std::string& group, std::uint64_t member) const {
  const auto found = members_.find(group);
  if (found == members_.end()) return std::nullopt;
  const auto& members = found->second;
  const auto at = std::find(members.begin(), members.end(), member);
  if (at == members.end()) return std::nullopt;
  return Seat{static_cast<std::size_t>(at - members.begin()), members.size()};
}

EmbeddedMembership::EmbeddedMembership(TopicStore& store, std::shared_ptr<Groups> groups,
                                       GroupOptions options)
    : store_(store), groups_(std::move(groups)), options_(std::move(options)) {
  store_.CatalogueChanged([&] { member_ = groups_->Join(options_.group); });
  joined_ = true;
}

EmbeddedMembership::~EmbeddedMembership() { static_cast<void>(Leave()); }

std::vector<TopicPartition> EmbeddedMembership::AssignedLocked() const {
  std::vector<TopicPartition> assigned;
  const auto seat = groups_->SeatOf(options_.group, member_);
  if (!seat) return assigned;
  std::int32_t most = 0;
  for (const auto& topic : options_.lead_topics) most = std::max(most, store_.PartitionCountLocked(topic));
  for (const auto& topic : options_.lead_topics) {
    const std::int32_t count = store_.PartitionCountLocked(topic);
    for (std::int32_t i = 0; i < count; ++i) {
      const std::size_t owner = static_cast<std::size_t>(i) * seat->members / static_cast<std::size_t>(most);
      if (owner == seat->index) assigned.push_back({topic, {i}});
    }
  }
  return assigned;
}

Result<std::optional<std::vector<TopicPartition>>> EmbeddedMembership::Poll(
    std::chrono::milliseconds timeout) {
  std::vector<TopicPartition> assigned;
  const bool changed = store_.WaitForCatalogue(std::chrono::steady_clock::now() + timeout, [&] {
    assigned = AssignedLocked();
    return !last_ || *last_ != assigned;
  });
  if (!changed) return std::optional<std::vector<TopicPartition>>();
  last_ = assigned;
  return std::optional<std::vector<TopicPartition>>(std::move(assigned));
}

Result<void> EmbeddedMembership::AdviseOffsets(const std::vector<Position>&) { return {}; }

Result<void> EmbeddedMembership::Leave() {
  if (!joined_) return {};
  joined_ = false;
  store_.CatalogueChanged([&] { groups_->Leave(options_.group, member_); });
  return {};
}

}  // namespace freshet::embedded
