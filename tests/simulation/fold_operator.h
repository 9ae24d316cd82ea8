#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/topology.h"
#include "freshet/operator.h"

namespace freshet::simulation {

inline constexpr std::size_t kItemsKept = 20;

/// A small operator whose result depends on the order within each input alone, not on how the log was cut
/// into batches: events "id|user|item" add one, retractions "id|user" take one away, each id once.
///
///   state := 'c' user -> count, absent at 0 | 'i' user -> last items, oldest first | 's' input id -> ""
///
/// Emits "batch;count" for each user that a batch touched, in the order of their names.
class FoldOperator final : public Operator {
 public:
  std::vector<std::string> Inputs() const override { return {"events", "retractions"}; }
  void Process(const RoledRecord& input, Context& context) override;
  void CloseBatch(Context& context) override;
  void Discard() override { touched_.clear(); }

 private:
  std::set<std::string> touched_;
};

Topology FoldTopology(std::int32_t partitions);

/// What the operator must have done, computed in another way from the records alone.
class FoldReference final {
 public:
  /// Folds records [from, next) of one input.
  void Fold(const std::vector<Record>& topic, std::uint32_t input, Offset from, Offset next);
  /// Counts of the users touched since the last call, by name.
  std::map<std::string, std::int64_t> TakeTouched();
  /// Offsets of bad records since the last call, with their input.
  std::vector<std::pair<std::uint32_t, std::int64_t>> TakeBad();
  /// The state as the store must hold it.
  std::map<std::string, std::string> State() const;
  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t rejected() const { return rejected_; }

 private:
  struct User {
    std::int64_t count = 0;
    std::vector<std::string> items;
  };
  std::map<std::string, User> users_;
  std::set<std::string> seen_[2];
  std::set<std::string> touched_;
  std::vector<std::pair<std::uint32_t, std::int64_t>> bad_;
  std::uint64_t accepted_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace freshet::simulation
