#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "freshet/operator.h"
#include "models/item_delta.h"
#include "models/rating_stack.h"
#include "operators/delta_record.h"
#include "rank/mix_delta.h"

namespace freshet {

/// What one batch of a user task learned about items: one delta a touched item, whatever the number of
/// events. Emitted at the batch's end, in pieces by item partition, items in key order.
class DeltaBatch final {
 public:
  struct Options {
    HalfLives half_lives;
    HalfLife row_half_life;
    std::int32_t item_partitions = 1;
  };
  explicit DeltaBatch(const Options& options) : options_(options) {}

  /// The delta of an item whose id is at hand, or of one known by key and owner only.
  ItemDelta& OfItem(std::string_view item_id, ItemKey item);
  ItemDelta& OfKey(ItemKey item, Partition owner);
  void AddUserFactor(const Factor& factor) { user_factors_.push_back({1, factor}); }
  void CountNewUser() { ++new_users_; }
  void AddMix(const MixDelta& delta);
  RatingStackDelta& rating_stack() { return rating_stack_; }

  void Emit(Context& context);
  void Clear();

 private:
  struct Entry {
    ItemDelta delta;
    Partition owner;
  };
  static constexpr std::size_t kUserFactorsMax = 64;  ///< a batch; more say little about a mean
  void EmitPartition(Partition partition, std::vector<Entry*>& entries, Context& context);
  Options options_;
  std::vector<Entry> entries_;
  ItemMap<std::size_t> index_;
  std::vector<WeightedFactor> user_factors_;
  std::uint64_t new_users_ = 0;
  MixDelta mix_;
  RatingStackDelta rating_stack_;
};

}  // namespace freshet
