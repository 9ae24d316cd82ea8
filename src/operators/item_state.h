#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/event.h"
#include "freshet/model.h"
#include "freshet/operator.h"
#include "freshet/result.h"
#include "models/factor_statistics.h"
#include "models/item_delta.h"
#include "models/rating_model.h"
#include "models/transition_row.h"

namespace freshet {

// Tables of the item operator (key grammar: state/keys.h; schemas/state.md):
//
//   'i' item                 base: everything about the item as of its last rewrite
//   'p' item number(slot)    deltas folded since then: a hot item's event writes its delta, not its base
//   'd' number(bucket)       entries of the catalogue with a term of this bucket (term_counts.h)
//   'g'                      sums over this partition's items
//   'k'                      what the stack of rating predictors learned (partition 0)

inline constexpr char kItemTable = 'i';
inline constexpr char kPendingTable = 'p';
inline constexpr char kTermTable = 'd';
inline constexpr char kGlobalTable = 'g';
inline constexpr char kRatingStackTable = 'k';

struct ItemModelOptions {
  HalfLives half_lives{HalfLife{6LL * 3600 * 1000}, HalfLife{7LL * 24 * 3600 * 1000},
                       HalfLife{90LL * 24 * 3600 * 1000}};
  HalfLife row_half_life{90LL * 24 * 3600 * 1000};
  FactorOptions factors;
  bool learn_factors = true;
  RatingOptions ratings;
};

/// One item as its owner keeps it. Loaded, then folded and saved once a batch; what was saved and loaded
/// again equals what stayed in memory, to the bit.
class ItemState {
 public:
  /// Deltas kept beside the base before it is rewritten: bounds what a load reads.
  static constexpr std::uint64_t kPendingMax = 16;

  static Result<ItemState> Load(State& state, ItemKey key, const ItemModelOptions& options);
  /// Folds a batch's delta. Additive: nothing but sums changes.
  void Fold(ItemDelta& delta, const ItemModelOptions& options);
  /// Takes over the catalogue's entry; absent: the item left the catalogue.
  void SetCatalogue(const CatalogueItem* entry);
  /// Buckets of the terms that its entry counts in.
  const std::vector<std::uint16_t>& terms() const { return terms_; }
  void SetTerms(std::vector<std::uint16_t> terms) { terms_ = std::move(terms); }
  void SetContent(const ContentCode& content) { facts_.content = content; }
  /// Solves the factor when its evidence grew enough. Returns the factor from before when it changed.
  std::optional<Factor> SolveIfDue(const Gramian& users, const ItemModelOptions& options);
  /// Solves what ratings say when enough of them came since it was last solved.
  void SolveTasteIfDue(const ItemModelOptions& options);
  /// True when enough changed since the last publication, or the item must be seen at once.
  bool DueForPublication(bool quiet) const;
  void MarkPublished();

  /// The item as the view shows it.
  ItemModel ToModel() const;
  const ItemModel& facts() const { return facts_; }
  /// True when this batch created the item.
  bool created() const { return created_; }
  bool publishable() const { return !facts_.item_id.empty(); }
  void SetItemId(const std::string& item_id) { facts_.item_id = item_id; }

  /// Writes the base where more than sums changed or the pending deltas are full, else the batch's delta.
  void Save(State& state, const std::string& encoded_delta);
  /// After Save: what follows belongs to another batch.
  void EndBatch();
  /// Of memory beside the object itself.
  std::size_t Bytes() const;

 private:
  explicit ItemState(ItemKey key) { facts_.key = key; }
  std::string EncodeBase() const;
  Result<void> DecodeBase(std::string_view bytes);

  ItemModel facts_;  ///< row stays empty here: row_ has it
  TransitionRow row_;
  FactorStatistics factors_;
  ItemRatingState ratings_;
  TasteSums taste_;
  std::vector<std::uint16_t> terms_;
  std::uint64_t generation_ = 0;  ///< of the base; pending deltas of another one are old
  std::uint64_t pending_ = 0;
  std::uint64_t solved_at_ = 0;        ///< factor evidence at the last solve
  std::uint64_t taste_solved_at_ = 0;  ///< changes of the taste's sums at its last solve
  std::uint64_t published_at_ = 0;     ///< changes at the last publication
  std::uint64_t changes_ = 0;          ///< deltas folded, ever
  bool created_ = false;
  bool must_publish_ = false;
  bool published_now_ = false;  ///< by this batch
  bool base_dirty_ = false;
};

}  // namespace freshet
