#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/embedded/topic_store.h"
#include "freshet/log.h"

namespace freshet::embedded {

/// The groups of this process: members in the order in which they joined. Guarded by the store's catalogue
/// lock (TopicStore::CatalogueChanged and WaitForCatalogue).
class Groups final {
 public:
  std::uint64_t Join(const std::string& group);
  void Leave(const std::string& group, std::uint64_t member);
  /// The member's place in its group and the size of the group; nullopt when it is not a member.
  struct Seat {
    std::size_t index = 0;
    std::size_t members = 0;
  };
  std::optional<Seat> SeatOf(const std::string& group, std::uint64_t member) const;

 private:
  std::map<std::string, std::vector<std::uint64_t>> members_;
  std::uint64_t next_member_ = 1;
};

/// Shares partitions by ranges of partition numbers, as Kafka's range assignor does.
class EmbeddedMembership final : public Membership {
 public:
  EmbeddedMembership(TopicStore& store, std::shared_ptr<Groups> groups, GroupOptions options);
  ~EmbeddedMembership() override;
  Result<std::optional<std::vector<TopicPartition>>> Poll(std::chrono::milliseconds timeout) override;
  Result<void> AdviseOffsets(const std::vector<Position>& next) override;
  Result<void> Leave() override;

 private:
  std::vector<TopicPartition> AssignedLocked() const;

  TopicStore& store_;
  const std::shared_ptr<Groups> groups_;
  const GroupOptions options_;
  std::uint64_t member_ = 0;
  bool joined_ = false;
  std::optional<std::vector<TopicPartition>> last_;  // what Poll returned last
};

}  // namespace freshet::embedded
