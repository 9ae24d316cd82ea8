#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "freshet/log.h"

namespace freshet::simulated {

/// One member's seat in a group. A seat is taken over by a newer holder with the same instance id.
struct GroupSeat {
  std::string group;
  std::string member;
  std::uint64_t holder = 0;
};

/// Kafka's group coordinator with eager range assignment: on every change all members give up what they own
/// before anything is assigned again. Sessions expire by the virtual clock.
class GroupCoordinator final {
 public:
  /// Partitions of a topic; 0: it does not exist.
  using PartitionCount = std::function<std::int32_t(const std::string&)>;
  GroupCoordinator(PartitionCount count, const Clock& clock) : count_(std::move(count)), clock_(clock) {}

  GroupSeat Join(const GroupOptions& options);
  /// See Membership::Poll. kFenced: another process took the instance id; kNotFound: the session expired.
  Result<std::optional<std::vector<TopicPartition>>> Poll(const GroupSeat& seat);
  Result<void> Leave(const GroupSeat& seat);
  void Advise(const std::string& group, const std::vector<Position>& next);
  std::map<TopicPartition, Offset> AdvisedOffsets(const std::string& group) const;

 private:
  struct Member {
    std::uint64_t holder = 0;
    GroupOptions options;
    Timestamp heard;
    std::uint64_t revoked_at = 0;   // generation for which it gave up its partitions
    std::uint64_t assigned_at = 0;  // generation whose assignment it holds
    std::optional<std::vector<TopicPartition>> told;
  };
  struct Group {
    std::uint64_t generation = 0;
    std::map<std::string, Member> members;  // by name: the order of range assignment
    std::map<TopicPartition, Offset> advised;
  };
  Result<Member*> Find(const GroupSeat& seat);
  static bool Revoke(const Group& group, Member& member);
  void ExpireSessions(Group& group);
  std::vector<TopicPartition> RangeOf(const Group& group, const std::string& member) const;

  PartitionCount count_;
  const Clock& clock_;
  std::map<std::string, Group> groups_;
  std::uint64_t next_holder_ = 1;
};

}  // namespace freshet::simulated
