#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "freshet/record.h"
#include "freshet/result.h"
#include "models/decay.h"
#include "models/gramian.h"
#include "models/item_delta.h"
#include "models/net_table.h"
#include "view/item_model_codec.h"
#include "view/item_snapshot.h"

namespace freshet {

struct ItemViewOptions {
  HalfLives half_lives{HalfLife{6LL * 3600 * 1000}, HalfLife{7LL * 24 * 3600 * 1000},
                       HalfLife{90LL * 24 * 3600 * 1000}};
  FactorOptions factors;
};

/// Folds item model records into versions of the view. Used by one thread; what it publishes is immutable.
/// A record costs one decode and the copy of one bucket; a new Gramian
/// folds every item's factor again with the next Publish, mix weights fold nothing.
class ItemViewBuilder final {
 public:
  static constexpr std::size_t kPopularMax = 512;

  ItemViewBuilder(const ItemViewOptions& options, std::int32_t partitions);
  /// Folds the next record of a partition. A damaged value is refused and passed over.
  Result<void> Apply(Partition partition, const Record& record);
  /// Reading has passed over offsets without records (transaction markers, compaction).
  void AdvanceTo(Partition partition, Offset next);
  const std::vector<Offset>& Next() const { return next_; }
  std::shared_ptr<const ItemSnapshot> Publish();

 private:
  using Order = std::vector<PopularItem>;
  Result<void> ApplyItem(const Record& record);
  Result<void> ApplyShare(Partition partition, const Record& record);
  Result<void> ApplyMix(const Record& record);
  Result<void> ApplyNetChunk(std::size_t number, const Record& record);
  Result<void> ApplyNetMixer(const Record& record);
  Result<void> ApplySession(const Record& record);
  Result<void> ApplyRatingWeights(const Record& record);
  void CountStub(ItemKey item, bool now);
  void PutVectors(const ItemModel& item);
  void Rank(const ItemModel& item);
  void Unrank(ItemKey item);
  void RankAll(std::size_t half_life);
  Order& MutableOrder(std::size_t half_life);
  void FoldAll();
  std::shared_ptr<const ItemEntry> EntryOf(std::shared_ptr<const ItemModel> model) const;

  ItemViewOptions options_;
  std::vector<Offset> next_;
  Timestamp latest_event_;
  std::vector<GlobalShare> shares_;
  ItemTable items_;
  std::size_t stubs_ = 0;  ///< items that the catalogue does not name
  Int8Matrix factors_{kFactors};
  Int8Matrix contents_{kContentDimensions};
  NetTableBuilder net_;
  SessionIndex sessions_;
  std::array<std::shared_ptr<Order>, kHalfLives> orders_;
  std::array<bool, kHalfLives> order_shared_{};  ///< a published version holds it: copy before writing
  std::shared_ptr<const GlobalModel> global_;
  std::unique_ptr<FoldIn> fold_in_;
  bool fold_due_ = false;  ///< the Gramian changed since the last version
};

}  // namespace freshet
