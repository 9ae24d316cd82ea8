#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "freshet/model.h"
#include "freshet/recommendation.h"
#include "rank/rank_options.h"

namespace freshet {

/// Sums over a view's popularity orders, kept while the view's version stays: one logarithmic maximum and the
/// sum of all values relative to it for each half-life.
struct PopularityTotals {
  const ItemView* view = nullptr;
  std::string version;
  std::array<double, kHalfLives> log_max{};
  std::array<double, kHalfLives> relative_sum{};
};

/// What a list needs of an item before it is on the shortlist, in half a cache line.
struct ItemDigest {
  enum class Access : std::uint8_t { kUnknown, kOpen, kClosed, kTimed };
  ItemKey key;
  const ItemModel* item = nullptr;
  float mass = 0;  ///< row mass at the digests' reference, plus one
  std::uint32_t generation = 0;
  Access access = Access::kUnknown;
};

/// Digests of the items that lists of one view's version came across: direct-mapped, so that a view's
/// scattered items are read once for many lists. A pure cache: it changes no result.
class ItemDigests final {
 public:
  /// Forgets everything unless view, version and the rows' grid point are those of the last call.
  void Use(const ItemView& view, Timestamp now, HalfLife row_half_life);
  /// Valid until the next call.
  const ItemDigest& Of(ItemKey item);
  /// Starts loading what Of will read.
  void Prefetch(ItemKey item) const { __builtin_prefetch(&lines_[LineOf(item)]); }

 private:
  static constexpr std::size_t kLines = 1 << 14;  // 1 MiB; few of a batch's hot items collide
  struct alignas(64) Line {
    std::array<ItemDigest, 2> ways;
  };
  static std::size_t LineOf(ItemKey item) { return MixBits(item.value) >> 40 & (kLines - 1); }
  bool Holds(const ItemDigest& digest, ItemKey item) const {
    return digest.key == item && digest.generation == generation_;
  }
  void Read(ItemKey item, ItemDigest& digest) const;

  const ItemView* view_ = nullptr;
  std::string version_;
  Timestamp reference_;
  HalfLife half_life_;
  std::uint32_t generation_ = 0;
  std::vector<Line> lines_;
};

/// The candidates of one list. Sources add items and raw scores to slots; the shortlist is the union of the
/// generators' strongest. Slots are in the order of arrival, which depends on rows and orders alone, so that
/// sums over slots are repeatable. Keeps its memory between lists: no allocation once warm. One thread.
class CandidatePool final {
 public:
  static constexpr std::uint32_t kNotEligible = UINT32_MAX;

  /// Starts a list. Signals and view are borrowed until the next Reset.
  void Reset(const UserSignals& signals, const ItemView& view, const RankOptions& options);

  /// The item's slot, or kNotEligible when it is seen, dismissed, unavailable or unknown to the view.
  std::uint32_t Add(ItemKey item);

  /// Hints that Add will soon be called for the item.
  void Prefetch(ItemKey item) const { digests_.Prefetch(item); }

  /// Slots up to now.
  std::size_t size() const { return count_; }
  ItemKey key(std::uint32_t slot) const { return slots_[slot].key; }
  /// Null for slots that are not eligible.
  const ItemModel* item(std::uint32_t slot) const { return slots_[slot].item; }
  /// The item's row mass at the grid point of now, plus one; 1 for slots that are not eligible.
  float mass_of(std::uint32_t slot) const { return slots_[slot].mass; }

  /// kRowPlaces partial scores of a slot; zero until written.
  float* places(std::size_t generator, std::uint32_t slot) { return &places_[generator][slot * kRowPlaces]; }
  const float* places(std::size_t generator, std::uint32_t slot) const {
    return &places_[generator][slot * kRowPlaces];
  }
  /// Declares before the first Add that the generator uses places(). Stays declared.
  void UsePlaces(std::size_t generator);

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
  std::vector<float>& buffer(std::size_t index) { return buffers_[index]; }

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
  const ItemDigest* Eligible(ItemKey item);
  bool HasDismissedFacet(const ItemModel& item) const;

  const UserSignals* signals_ = nullptr;
  const ItemView* view_ = nullptr;
  bool allow_repeats_ = false;
  std::uint32_t epoch_ = 0;
  std::size_t count_ = 0;
  std::vector<Entry> table_;  ///< open addressing, at most half full; an entry of another epoch is free
  std::vector<Slot> slots_;
  std::uint32_t uses_places_ = 0;
  std::array<std::vector<float>, kGeneratorsMax> places_;
  ItemDigests digests_;
  std::vector<float> ranking_;
  std::vector<std::uint32_t> tied_;
  std::vector<std::uint32_t> shortlist_;
  std::array<std::vector<float>, kGeneratorsMax> scores_;
  std::array<Mass, kGeneratorsMax> mass_{};
  std::array<std::vector<float>, 2> buffers_;
  PopularityTotals totals_;
  FilterCounts filtered_;
};

}  // namespace freshet
