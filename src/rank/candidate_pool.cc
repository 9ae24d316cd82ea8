#include "rank/candidate_pool.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "models/exact_math.h"

namespace freshet {
namespace {

/// 6 rows of 128 cells and three popularity lists stay below this, so that Grow is rare.
constexpr std::size_t kInitialSlots = 1024;

}  // namespace

void CandidatePool::Reset(const UserSignals& signals, const ItemView& view, bool allow_repeats) {
  signals_ = &signals;
  view_ = &view;
  allow_repeats_ = allow_repeats;
  count_ = 0;
  shortlist_.clear();
  filtered_ = {};
  mass_.fill({});
  if (slots_.empty()) Grow();
  if (++epoch_ == 0) {  // wrapped: entries of the first round would look current
    std::fill(table_.begin(), table_.end(), Entry{});
    epoch_ = 1;
  }
}

void CandidatePool::Grow() {
  const std::size_t capacity = std::max(kInitialSlots, slots_.size() * 2);
  slots_.resize(capacity);
  for (std::size_t g = 0; g < kGeneratorsMax; ++g) {
    if ((uses_places_ >> g & 1) != 0) places_[g].resize(capacity * kRowPlaces);
  }
  table_.assign(capacity * 2, Entry{});
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    std::size_t at = MixBits(slots_[slot].key.value) & (table_.size() - 1);
    while (table_[at].epoch == epoch_) at = (at + 1) & (table_.size() - 1);
    table_[at] = {slots_[slot].key, epoch_, slot};
  }
}

void CandidatePool::UsePlaces(std::size_t generator) {
  if ((uses_places_ >> generator & 1) != 0) return;
  uses_places_ |= 1U << generator;
  places_[generator].resize(slots_.size() * kRowPlaces);
}

const ItemModel* CandidatePool::Eligible(ItemKey key) {
  if (!allow_repeats_ && signals_->seen.contains(key)) {
    ++filtered_.seen;
    return nullptr;
  }
  if (!signals_->dismissed.empty() && signals_->dismissed.contains(key)) {
    ++filtered_.dismissed;
    return nullptr;
  }
  const ItemModel* item = view_->Find(key);
  if (item == nullptr) return nullptr;
  const Timestamp now = signals_->now;
  const bool open = item->available && item->available_from <= now &&
                    (item->available_until.ms == 0 || now < item->available_until);
  if (open) return item;
  ++filtered_.unavailable;
  return nullptr;
}

std::uint32_t CandidatePool::Add(ItemKey key) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = MixBits(key.value) & mask;
  while (table_[at].epoch == epoch_) {
    if (table_[at].key == key) {
      const std::uint32_t slot = table_[at].slot;
      return slots_[slot].item != nullptr ? slot : kNotEligible;
    }
    at = (at + 1) & mask;
  }
  if (count_ == slots_.size()) {
    Grow();
    return Add(key);
  }
  const auto slot = static_cast<std::uint32_t>(count_++);
  table_[at] = {key, epoch_, slot};
  slots_[slot] = {key, Eligible(key), 0};
  for (std::uint32_t left = uses_places_; left != 0; left &= left - 1) {
    std::fill_n(places(static_cast<std::size_t>(std::countr_zero(left)), slot), kRowPlaces, 0.0f);
  }
  return slots_[slot].item != nullptr ? slot : kNotEligible;
}

void CandidatePool::Shortlist(std::size_t generator, std::span<const float> scores, std::size_t limit) {
  FRESHET_ASSERT(scores.size() <= count_);
  ranking_.clear();
  for (std::uint32_t slot = 0; slot < scores.size(); ++slot) {
    if (scores[slot] > 0) ranking_.push_back({scores[slot], slot});
  }
  if (ranking_.size() > limit) {
    const auto better = [this](const Scored& a, const Scored& b) {
      return a.score != b.score ? a.score > b.score : slots_[a.slot].key < slots_[b.slot].key;
    };
    std::nth_element(ranking_.begin(), ranking_.begin() + static_cast<std::ptrdiff_t>(limit), ranking_.end(),
                     better);
    ranking_.resize(limit);
  }
  for (const Scored& scored : ranking_) ShortlistSlot(generator, scored.slot);
}

void CandidatePool::ShortlistSlot(std::size_t generator, std::uint32_t slot) {
  if (slots_[slot].proposed_by == 0) shortlist_.push_back(slot);
  slots_[slot].proposed_by |= 1U << generator;
}

const PopularityTotals& CandidatePool::Totals() {
  if (totals_.view == view_ && totals_.version == view_->Version()) return totals_;
  totals_.view = view_;
  totals_.version = view_->Version();
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    const std::span<const PopularItem> popular = view_->Popular(h);
    totals_.log_max[h] = popular.empty() ? 0 : popular.front().log_score;
    totals_.relative_sum[h] = 0;
    for (const PopularItem& item : popular) {
      totals_.relative_sum[h] += Exp2(item.log_score - totals_.log_max[h]);
    }
  }
  return totals_;
}

void CandidatePool::CloseShortlist() {
  std::sort(shortlist_.begin(), shortlist_.end());
  for (std::vector<float>& column : scores_) column.assign(shortlist_.size(), 0.0f);
}

}  // namespace freshet
