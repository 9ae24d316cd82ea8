#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "freshet/model.h"
#include "freshet/recommendation.h"
#include "models/int8_scan.h"
#include "rank/history_memory.h"
#include "rank/item_digests.h"
#include "rank/popularity_totals.h"
#include "rank/rank_options.h"
#include "rank/rule_book.h"
#include "rank/segment_lifts.h"
#include "rank/session_memory.h"

namespace freshet {

/// The candidates of one list. Sources add items and raw scores to slots; the shortlist is the union of the
/// generators' strongest. Slots are in the order of arrival, which depends on rows and orders alone, so that
/// sums over slots are repeatable. Keeps its memory between lists: no allocation once warm. One thread.
class CandidatePool final {
 public:
  static constexpr std::uint32_t kNotEligible = UINT32_MAX;
  /// Stand in proposed_by beside the generators: a rule pins the item; the user has not finished with it.
  static constexpr std::size_t kProposedByRule = 31;
  static constexpr std::size_t kProposedAsUnfinished = 30;

  /// Starts a list. Signals and view are borrowed until the next Reset.
  void Reset(const UserSignals& signals, const ItemView& view, const RankOptions& options);

  /// Leaves out what these do not allow, uncounted. Before the first Add. Borrowed until the next Reset.
  void Limit(const CandidateLimits& limits) { limits_ = limits.any() ? &limits : nullptr; }

  /// The item's slot, or kNotEligible when it is seen, dismissed, unavailable or unknown to the view.
  std::uint32_t Add(ItemKey item);

  // For sources that look at more items than they propose; neither counts anything.
  /// The item where Add would give it a slot, else null.
  const ItemModel* Qualified(ItemKey item) {
    const Looked looked = Look(item);
    return looked.digest == nullptr ? nullptr : looked.digest->item;
  }
  /// False only where Add would not: by what is known of the user alone, which is quick.
  bool MayQualify(ItemKey item) const {
    return item != current_ && (allow_repeats_ || !signals_->seen.contains(item)) &&
           (signals_->dismissed.empty() || !signals_->dismissed.contains(item));
  }

  /// Hints that Add will soon be called for the item.
  void Prefetch(ItemKey item) const { digests_.Prefetch(item); }

  /// Slots up to now.
  std::size_t size() const { return count_; }
  ItemKey key(std::uint32_t slot) const { return slots_[slot].key; }
  /// True where the user has had the item: only where lists may repeat items.
  bool Taken(std::uint32_t slot) const { return allow_repeats_ && signals_->seen.contains(slots_[slot].key); }
  /// Null for slots that are not eligible.
  const ItemModel* item(std::uint32_t slot) const { return slots_[slot].item; }
  /// The item's row mass at the grid point of now, plus one; 1 for slots that are not eligible.
  float mass_of(std::uint32_t slot) const { return slots_[slot].mass; }

  /// Sums of the row source for a slot, a lane for each of its generators; zero until written.
  using RowLanes = float __attribute__((vector_size(32)));
  RowLanes& row_lanes(std::uint32_t slot) { return row_lanes_[slot]; }
  const RowLanes& row_lanes(std::uint32_t slot) const { return row_lanes_[slot]; }

  /// What the row source multiplies a place's cells by, from its Propose on.
  RowLanes& place_weights(std::size_t place) { return place_weights_[place]; }
  const RowLanes& place_weights(std::size_t place) const { return place_weights_[place]; }

  /// Puts the `limit` best of `scores` (one a slot, from slot 0; > 0 only) on the shortlist as proposed by
  /// the generator. Ties: the smaller key.
  void Shortlist(std::size_t generator, std::span<const float> scores, std::size_t limit);
  /// Puts one slot on the shortlist.
  void ShortlistSlot(std::size_t generator, std::uint32_t slot);

  /// Slots of the shortlist, ascending after CloseShortlist.
  std::span<const std::uint32_t> shortlist() const { return shortlist_; }
  void CloseShortlist();
  /// Bit g: generator g proposed the slot.
  std::uint32_t proposed_by(std::uint32_t slot) const { return slots_[slot].proposed_by; }

  /// Raw scores of the shortlist, in its order, one column a generator; sized and zeroed by CloseShortlist.
  std::span<float> scores(std::size_t generator) { return scores_[generator]; }
  std::span<const float> scores(std::size_t generator) const { return scores_[generator]; }
  /// Sum of positive raw scores over `population` items, for the lift over uniform.
  struct Mass {
    double sum = 0;
    double population = 0;
  };
  Mass& mass(std::size_t generator) { return mass_[generator]; }
  const Mass& mass(std::size_t generator) const { return mass_[generator]; }

  const ItemView& view() const { return *view_; }
  /// Computed at the first use for a view's version.
  const PopularityTotals& Totals();
  /// Memory that a source may use within one call.
  Int8Scan& scan() { return scan_; }
  ScanResult& scanned() { return scanned_; }
  std::vector<float>& buffer(std::size_t index) { return buffers_[index]; }
  /// Scores of the next-item network by item number, from its Propose to its Score; and memory to order them.
  std::vector<float>& network_scores() { return network_scores_; }
  std::vector<std::uint32_t>& network_order() { return network_order_; }
  /// Of the list's user, from the Propose of the segment source on.
  SegmentLifts& segment_lifts() { return segment_lifts_; }
  const SegmentLifts& segment_lifts() const { return segment_lifts_; }
  /// Of the list, from the Propose of the history source on.
  HistoryMemory& history() { return history_; }
  const HistoryMemory& history() const { return history_; }
  SessionMemory& sessions() { return sessions_; }
  const SessionMemory& sessions() const { return sessions_; }

  const FilterCounts& filtered() const { return filtered_; }

 private:
  struct Slot {
    ItemKey key;
    const ItemModel* item = nullptr;
    float mass = 1;
    std::uint32_t proposed_by = 0;
  };
  struct Entry {
    ItemKey key;
    std::uint32_t epoch = 0;
    std::uint32_t slot = 0;
  };
  void Grow();
  enum class Obstacle : std::uint8_t { kNone, kSeen, kDismissed, kUnavailable, kUnknown, kRule };
  struct Looked {
    Obstacle obstacle;
    const ItemDigest* digest = nullptr;  ///< where there is no obstacle; valid until the next Look
  };
  Looked Look(ItemKey item);
  const ItemDigest* Eligible(ItemKey item);
  bool HasDismissedFacet(const ItemModel& item) const;

  Looked Passed(const ItemDigest& digest) const;
  const UserSignals* signals_ = nullptr;
  const RuleBook* filters_ = nullptr;        ///< null: no rule leaves anything out
  const CandidateLimits* limits_ = nullptr;  ///< null: there is none
  const ItemView* view_ = nullptr;
  std::optional<ItemKey> current_;  ///< not eligible
  bool allow_repeats_ = false;
  std::uint32_t epoch_ = 0;
  std::size_t count_ = 0;
  std::vector<Entry> table_;  ///< open addressing, at most half full; an entry of another epoch is free
  std::vector<Slot> slots_;
  std::vector<RowLanes> row_lanes_;
  std::array<RowLanes, kRowPlacesMax> place_weights_{};
  ItemDigests digests_;
  std::vector<float> ranking_;
  std::vector<std::uint32_t> tied_;
  std::vector<std::uint32_t> shortlist_;
  std::array<std::vector<float>, kGeneratorsMax> scores_;
  std::array<Mass, kGeneratorsMax> mass_{};
  std::array<std::vector<float>, 2> buffers_;
  std::vector<float> network_scores_;
  std::vector<std::uint32_t> network_order_;
  Int8Scan scan_;
  ScanResult scanned_;
  SessionMemory sessions_;
  HistoryMemory history_;
  SegmentLifts segment_lifts_;
  PopularityTotals totals_;
  FilterCounts filtered_;
};

}  // namespace freshet
