#include "rank/item_digests.h"

namespace freshet {

void ItemDigests::Use(const ItemView& view, Timestamp now, HalfLife row_half_life) {
  const Timestamp reference = LandmarkFor(now, row_half_life);
  if (view_ == &view && reference_ == reference && half_life_ == row_half_life && version_ == view.Version())
    return;
  view_ = &view;
  version_ = view.Version();
  reference_ = reference;
  half_life_ = row_half_life;
  if (lines_.empty() || ++generation_ == 0) {
    lines_.assign(kLines, Line{});
    generation_ = 1;
  }
}

void ItemDigests::Read(ItemKey key, ItemDigest& digest) const {
  const ItemModel* item = view_->Find(key);
  digest = {key, item, 1, generation_, ItemDigest::Access::kUnknown};
  if (item == nullptr) return;
  digest.mass = item->row_mass * static_cast<float>(WeightAt(item->row_landmark, reference_, half_life_)) + 1;
  const bool timed = item->available_from.ms != 0 || item->available_until.ms != 0;
  digest.access = !item->available ? ItemDigest::Access::kClosed
                  : timed          ? ItemDigest::Access::kTimed
                                   : ItemDigest::Access::kOpen;
}

}  // namespace freshet
