#include "rank/candidate_pool.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"
#include "base/hash.h"
#include "rank/list_policy.h"

namespace freshet {
namespace {

/// 6 rows of 100 cells and three popularity lists stay below this, so that Grow is rare.
constexpr std::size_t kInitialSlots = 1024;

}  // namespace

void CandidatePool::Reset(const UserSignals& signals, const ItemView& view, const RankOptions& options) {
  signals_ = &signals;
  view_ = &view;
  allow_repeats_ = options.allow_repeats;
  current_.reset();
  if (options.exclude_current && !signals.history.empty()) current_ = signals.history.back().item;
  const bool filters = signals.policy != nullptr && signals.policy->rules().Filters();
  limits_ = nullptr;
  filters_ = filters ? &signals.policy->rules() : nullptr;
  digests_.Use(view, signals.now, options.row_half_life);
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
  row_lanes_.resize(capacity);
  table_.assign(capacity * 2, Entry{});
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    std::size_t at = MixBits(slots_[slot].key.value) & (table_.size() - 1);
    while (table_[at].epoch == epoch_) at = (at + 1) & (table_.size() - 1);
    table_[at] = {slots_[slot].key, epoch_, slot};
  }
}

CandidatePool::Looked CandidatePool::Look(ItemKey key) {
  if (key == current_ || (!allow_repeats_ && signals_->seen.contains(key))) return {Obstacle::kSeen};
  if (!signals_->dismissed.empty() && signals_->dismissed.contains(key)) return {Obstacle::kDismissed};
  const ItemDigest& digest = digests_.Of(key);
  if (digest.access == ItemDigest::Access::kUnknown) return {Obstacle::kUnknown};
  if (!signals_->dismissed_facets.empty() && HasDismissedFacet(*digest.item)) return {Obstacle::kDismissed};
  if (digest.access == ItemDigest::Access::kOpen) return Passed(digest);
  const Timestamp now = signals_->now;
  const bool open = digest.access == ItemDigest::Access::kTimed && digest.item->available_from <= now &&
                    (digest.item->available_until.ms == 0 || now < digest.item->available_until);
  if (open) return Passed(digest);
  return {Obstacle::kUnavailable};
}

CandidatePool::Looked CandidatePool::Passed(const ItemDigest& digest) const {
  if (filters_ != nullptr && !filters_->Lets(*digest.item)) return {Obstacle::kRule};
  if (limits_ != nullptr && !limits_->Allow(*digest.item)) return {Obstacle::kUnknown};
  return {Obstacle::kNone, &digest};
}

const ItemDigest* CandidatePool::Eligible(ItemKey key) {
  const Looked looked = Look(key);
  if (looked.obstacle == Obstacle::kSeen) ++filtered_.seen;
  if (looked.obstacle == Obstacle::kDismissed) ++filtered_.dismissed;
  if (looked.obstacle == Obstacle::kUnavailable) ++filtered_.unavailable;
  if (looked.obstacle == Obstacle::kRule) ++filtered_.by_rule;
  return looked.digest;
}

bool CandidatePool::HasDismissedFacet(const ItemModel& item) const {
  const auto dismissed = signals_->dismissed_facets;
  return std::any_of(item.facets.begin(), item.facets.end(), [&](const Facet& facet) {
    return std::binary_search(dismissed.begin(), dismissed.end(), facet);
  });
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
  const ItemDigest* digest = Eligible(key);
  slots_[slot] = digest != nullptr ? Slot{key, digest->item, digest->mass, 0} : Slot{key, nullptr, 1, 0};
  row_lanes_[slot] = RowLanes{};
  return slots_[slot].item != nullptr ? slot : kNotEligible;
}

void CandidatePool::Shortlist(std::size_t generator, std::span<const float> scores, std::size_t limit) {
  FRESHET_ASSERT(scores.size() <= count_);
  ranking_.clear();
  for (const float score : scores) {
    if (score > 0) ranking_.push_back(score);
  }
  float bar = 0;  // scores above it are in; of those equal to it the smallest keys
  if (ranking_.size() > limit) {
    const auto last = ranking_.begin() + static_cast<std::ptrdiff_t>(limit) - 1;
    std::nth_element(ranking_.begin(), last, ranking_.end(), std::greater<>());
    bar = *last;
  }
  tied_.clear();
  for (std::uint32_t slot = 0; slot < scores.size(); ++slot) {
    if (scores[slot] > bar) {
      ShortlistSlot(generator, slot);
      --limit;
    } else if (scores[slot] == bar && bar > 0) {
      tied_.push_back(slot);
    }
  }
  std::sort(tied_.begin(), tied_.end(),
            [this](std::uint32_t a, std::uint32_t b) { return slots_[a].key < slots_[b].key; });
  for (std::size_t i = 0; i < tied_.size() && i < limit; ++i) ShortlistSlot(generator, tied_[i]);
}

void CandidatePool::ShortlistSlot(std::size_t generator, std::uint32_t slot) {
  if (slots_[slot].proposed_by == 0) shortlist_.push_back(slot);
  slots_[slot].proposed_by |= 1U << generator;
}

const PopularityTotals& CandidatePool::Totals() {
  totals_.Use(*view_);
  return totals_;
}

void CandidatePool::CloseShortlist() {
  std::sort(shortlist_.begin(), shortlist_.end());
  for (const std::uint32_t slot : shortlist_) {
    __builtin_prefetch(&slots_[slot].item->popularity);
    __builtin_prefetch(&slots_[slot].item->last_event);
  }
  for (std::vector<float>& column : scores_) column.assign(shortlist_.size(), 0.0f);
}

}  // namespace freshet
