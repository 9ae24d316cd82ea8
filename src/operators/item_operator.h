#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_map.h"
#include "codec/decoder.h"
#include "freshet/operator.h"
#include "models/gramian.h"
#include "models/rating_stack.h"
#include "models/text_encoder.h"
#include "operators/delta_record.h"
#include "operators/global_state.h"
#include "operators/item_state.h"
#include "operators/mix_state.h"
#include "operators/term_counts.h"
#include "rank/list_builder.h"

namespace freshet {

struct ItemOperatorOptions {
  ItemModelOptions model;
  std::int32_t item_partitions = 1;
  Partition partition;
  MixShape mix = ListBuilder(RankOptions()).Shape();  ///< of the lists that the user tasks make
  std::size_t quiet_items = 32;        ///< a batch that touches no more items publishes each of them at once
  std::size_t items_bytes = 64 << 20;  ///< of decoded items that are kept: with some 20 KB each the hot ones
  bool content = false;                ///< catalogue entries are weighed for the generator `content`
  DecoderOptions decoder;
};

/// Keyed by item: folds what users' batches learned, in log order, and the catalogue, into the items of its
/// partition, and publishes the item model. See operator.h for threads and purity.
class ItemOperator final : public Operator {
 public:
  static std::vector<std::string> InputRoles() { return {"item-deltas", "catalogue"}; }
  static std::vector<std::string> OutputRoles() { return {"item-model", "item-deltas"}; }

  explicit ItemOperator(ItemOperatorOptions options);
  std::vector<std::string> Inputs() const override { return InputRoles(); }
  void Process(const RoledRecord& input, Context& context) override;
  void CloseBatch(Context& context) override;
  void Discard() override;

 private:
  /// A decoded item, kept over committed batches; and what the running batch says about it.
  struct Kept {
    ItemState item;
    std::optional<ItemDelta> delta = {};
    bool touched = false;  ///< by the running batch
    std::size_t bytes = 0;
    std::optional<CatalogueItem> entry = {};  ///< that came with the running batch, for `content`
  };
  void ProcessDeltas(const Record& record, Context& context);
  void ProcessCatalogue(const Record& record, Context& context);
  void Forward(const std::string& item_id, const Record& record, Context& context) const;
  void ApplyCatalogue(const std::string& item_id, const CatalogueItem* entry, Context& context);
  void LearnDelta(ItemDelta delta, Context& context);
  Kept* Touch(ItemKey item, Context& context);
  void DescribeContent(Kept& touched, Context& context);
  void CloseItem(Kept& touched, bool quiet, Context& context);
  /// The touched items stay decoded for batches to come, within items_bytes.
  void KeepItems();
  void DropItems();  ///< ClearBatch must follow: touched_ points to them
  GlobalState& Global(Context& context);
  void LearnMix(std::string bytes, Context& context);
  void ClearBatch();
  void LearnRatingStack(const std::string& bytes, Context& context);
  RatingStackLearner LoadRatingStack(Context& context) const;
  void CloseGlobals(Context& context);

  ItemOperatorOptions options_;
  Decoder decoder_;
  ItemMap<std::unique_ptr<Kept>> items_;
  std::size_t items_bytes_ = 0;
  std::vector<Kept*> touched_;  // in first-touch order
  std::unique_ptr<const TextEncoder> encoder_ = MakeHashedTextEncoder();
  TermCounts terms_;
  std::unique_ptr<GlobalState> global_;
  std::optional<MixState> mix_;  // kept over committed batches: loading costs 100 KB
  std::optional<RatingStackLearner> rating_stack_;
  bool rating_weights_changed_ = false;
  std::optional<Gramian> users_gramian_;  // of this batch's close
};

}  // namespace freshet
