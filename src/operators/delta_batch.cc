#include "operators/delta_batch.h"

#include <algorithm>

#include "base/hash.h"

namespace freshet {
namespace {

void EmitRecord(Partition partition, const DeltaRecord& record, Context& context) {
  OutputRecord out;
  out.to = {"item-deltas", partition};
  out.value = EncodeDeltaRecord(record);
  context.Emit(std::move(out));
}

}  // namespace

ItemDelta& DeltaBatch::OfItem(std::string_view item_id, ItemKey item) {
  ItemDelta& delta = OfKey(item, PartitionForKey(item_id, options_.item_partitions));
  if (delta.item_id.empty()) delta.item_id = item_id;
  return delta;
}

ItemDelta& DeltaBatch::OfKey(ItemKey item, Partition owner) {
  const auto [at, added] = index_.try_emplace(item, entries_.size());
  if (added) entries_.push_back({ItemDelta(item), owner});
  return entries_[at->second].delta;
}

void DeltaBatch::AddMix(const MixDelta& delta) {
  if (mix_.parts() == 0) mix_ = MixDelta(delta.parts());
  mix_.Merge(delta);
}

void DeltaBatch::Emit(Context& context) {
  std::vector<std::vector<Entry*>> by_owner(static_cast<std::size_t>(options_.item_partitions));
  for (Entry& entry : entries_) by_owner[static_cast<std::size_t>(entry.owner.value)].push_back(&entry);
  if (user_factors_.size() > kUserFactorsMax) user_factors_.resize(kUserFactorsMax);
  for (std::size_t p = 0; p < by_owner.size(); ++p) {
    EmitPartition({static_cast<std::int32_t>(p)}, by_owner[p], context);
  }
  Clear();
}

void DeltaBatch::EmitPartition(Partition partition, std::vector<Entry*>& entries, Context& context) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry* a, const Entry* b) { return a->delta.item < b->delta.item; });
  DeltaRecord record;
  record.new_users = new_users_;
  record.user_factors = user_factors_;
  if (partition.value == 0 && !mix_.empty()) mix_.Encode(record.mix);
  if (partition.value == 0 && !rating_stack_.empty()) rating_stack_.Encode(record.rating_stack);
  bool worth = record.new_users > 0 || !record.user_factors.empty() || !record.mix.empty() ||
               !record.rating_stack.empty();
  std::size_t bytes =
      record.user_factors.size() * sizeof(WeightedFactor) + record.mix.size() + record.rating_stack.size();
  for (Entry* entry : entries) {
    std::string encoded;
    entry->delta.Encode(encoded);
    bytes += encoded.size() + 4;
    record.deltas.push_back(std::move(encoded));
    worth = true;
    if (bytes < kDeltaRecordBytes) continue;
    EmitRecord(partition, record, context);
    record = {};
    bytes = 0;
    worth = false;
  }
  if (worth) EmitRecord(partition, record, context);
}

void DeltaBatch::Clear() {
  entries_.clear();
  index_.clear();
  user_factors_.clear();
  new_users_ = 0;
  mix_ = MixDelta();
  rating_stack_ = RatingStackDelta();
}

}  // namespace freshet
