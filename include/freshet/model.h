#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "freshet/event.h"
#include "freshet/ids.h"

namespace freshet {

/// Length of user and item factors.
inline constexpr std::size_t kFactors = 64;
/// Half-lives of decayed popularity: recent, medium, long. Their lengths are configuration.
inline constexpr std::size_t kHalfLives = 3;

using Factor = std::array<float, kFactors>;

/// Length of the vectors that predict ratings: a bias, and 15 numbers of taste.
inline constexpr std::size_t kTaste = 16;
using Taste = std::array<float, kTaste>;

/// What ratings say about an item: a rating is the mean, the two biases, and the product of the two tastes.
struct ItemTaste {
  Taste mean{};             ///< the bias first
  float bias_variance = 0;  ///< of the bias; 0: the item has no rating
  float variance = 0;       ///< of each number of the taste
  bool known() const { return bias_variance > 0; }
};

/// Length of content vectors.
inline constexpr std::size_t kContentDimensions = 128;

/// What an item is about, as the catalogue says it: a vector whose products with others tell how alike they
/// are, in 8-bit integers. A dimension is scale times its code.
struct ContentCode {
  float scale = 0;  ///< 0: nothing is known
  std::array<std::int8_t, kContentDimensions> codes{};
  bool known() const { return scale > 0; }
};

/// A sum of weights that halves every half-life, by forward decay (Cormode, Shkapenyuk, Srivastava, Xu 2009):
/// `sum` is the value at `landmark`. Sums with one half-life merge by addition after rescaling.
struct DecayedSum {
  double sum = 0;
  Timestamp landmark;
};

/// What users' pasts say about another item beside the row's: how strongly it follows (forward) or precedes
/// (backward) within hours, how often both are near in a past, in any order, and how often among the last
/// items of one user (together): see models/transition_cells.h.
struct RowCell {
  ItemKey item;
  float forward = 0;
  float backward = 0;
  float near = 0;
  float together = 0;
};

/// What several items have in common, and a dismissal or a rule can be about: the kind and a hash of its
/// name.
struct Facet {
  enum class Kind : std::uint8_t { kProvider, kSkill, kTopic, kLanguage, kCurrency };
  Kind kind = Kind::kProvider;
  std::uint64_t name = 0;
  auto operator<=>(const Facet&) const = default;
};

/// Decayed events of one item by users of a segment: those at the same place of their history, or with the
/// same field in their profile (rank/segment_lifts.h).
struct SegmentCell {
  std::uint64_t segment = 0;
  float weight = 0;
};
struct SegmentSums {
  Timestamp landmark;  ///< the weights are values at this time, with the long half-life of popularity
  std::vector<SegmentCell> cells;  ///< ascending by segment
};

/// What every process knows about one item. Immutable once it is part of a view.
struct ItemModel {
  ItemKey key;
  std::string item_id;
  std::string item_type;
  std::string title;
  std::string category;         ///< the first of the catalogue's categories
  std::vector<Facet> facets;    ///< what the catalogue says of it, the main one of each kind first
  std::optional<double> price;  ///< in the currency among the facets
  bool in_catalogue = false;    ///< false: known from events only
  bool available = true;
  Timestamp available_from;   ///< 0: no bound
  Timestamp available_until;  ///< 0: no bound
  std::array<DecayedSum, kHalfLives> popularity;
  std::uint64_t events = 0;  ///< accepted events, undecayed
  Timestamp first_event;
  Timestamp last_event;
  Timestamp row_landmark;     ///< the cells' weights are values at this time, half-life of the rows
  float row_mass = 0;         ///< half the sum of near weights, with those of cells that were cut
  float row_follow_mass = 0;  ///< the sum of forward weights, likewise
  std::vector<RowCell> row;   ///< at most 100, the strongest first (models/transition_row.h)
  bool has_factor = false;
  Factor factor{};  ///< q
  ContentCode content;
  SegmentSums segments;
  float rating_bias = 0;  ///< Kalman mean of the item's deviation
  float rating_variance = 0;
  std::uint32_t ratings = 0;
  ItemTaste taste;
  std::uint64_t version = 0;  ///< rises with every publication of this item
};

/// One entry of a popularity order, the most popular first.
struct PopularItem {
  ItemKey item;
  double log_score = 0;  ///< log2 of the sum at time 0: comparable between items at any one time
};

/// The ranker's mix (rank/linear_mix.h).
struct MixModel {
  std::vector<double> weights;   ///< contexts x parts; empty: the prior
  std::vector<float> user_gain;  ///< parts x parts: what single users' effects are learned with
  std::uint64_t lessons = 0;     ///< events it learned from
};

/// Global sums of the model, one key each in the item model.
struct GlobalModel {
  std::vector<float> item_gramian;  ///< sum of q q', kFactors x kFactors, row-major; empty: none yet
  MixModel mix;
  std::vector<double> rating_weights;  ///< of models/rating_stack.h; empty: the prior
  double rating_mean = 3;              ///< the middle of the scale until ratings are known
  std::uint64_t ratings = 0;
  std::uint64_t version = 0;
};

class Int8Matrix;
class NetTable;  // models/net_table.h

/// Vectors of items that can be searched for the strongest.
enum class VectorSpace : std::uint8_t { kFactor, kContent };
inline constexpr std::size_t kVectorSpaces = 2;

/// Names a session among all: the user partition that published it, and the slot of that partition's ring.
struct SessionKey {
  std::uint64_t value = 0;
  auto operator<=>(const SessionKey&) const = default;
  static SessionKey Of(Partition partition, std::uint32_t slot) {
    return {static_cast<std::uint64_t>(static_cast<std::uint32_t>(partition.value)) << 32 | slot};
  }
};

/// Longer ones are cut into several.
inline constexpr std::size_t kSessionItemsMax = 256;

/// What one user did in one go.
struct UserSession {
  Timestamp start;
  std::vector<ItemKey> items;  ///< one an event, the newest last; an item may come again
};

/// A session that has an item. Sessions are ordered by start, then key.
struct SessionRef {
  Timestamp start;
  SessionKey key;
  auto operator<=>(const SessionRef&) const = default;
};

struct SessionsOfItem {
  std::size_t found = 0;  ///< written to the caller's span, the newest first
  std::size_t total = 0;  ///< that have the item
};

/// The item model at one version. Immutable; shared by threads.
class ItemView {
 public:
  virtual ~ItemView() = default;
  /// Null when the item is not known. The pointer lives as long as the view.
  virtual const ItemModel* Find(ItemKey item) const = 0;
  /// At most 512 items in popularity order for one half-life.
  virtual std::span<const PopularItem> Popular(std::size_t half_life) const = 0;
  virtual const GlobalModel& Global() const = 0;
  /// B q for this item, where B = (alpha0 G + lambda I)^-1 of the view's Gramian. Null without a factor.
  virtual const Factor* Folded(ItemKey item) const = 0;
  /// The vectors of all items that have one in this space (models/int8_matrix.h). Null: nothing to search.
  virtual const Int8Matrix* Vectors(VectorSpace space) const = 0;
  /// The next-item network. Null where none is learned, or nothing of it published yet.
  virtual const NetTable* Net() const { return nullptr; }
  virtual std::size_t ItemCount() const = 0;
  /// The newest sessions with this item, as many as `newest` holds. A view may be without sessions.
  virtual SessionsOfItem SessionsWith(ItemKey /*item*/, std::span<SessionRef> /*newest*/) const { return {}; }
  /// Null when there is none. The pointer lives as long as the view.
  virtual const UserSession* FindSession(SessionKey /*key*/) const { return nullptr; }
  virtual std::size_t SessionCount() const { return 0; }
  /// Name of this version: the offsets of the item model it contains.
  virtual const std::string& Version() const = 0;
};

inline constexpr std::uint8_t kTaughtFactor = 1;  ///< a share of its item's factor evidence
inline constexpr std::uint8_t kTaughtMix = 2;     ///< a lesson of the mix
inline constexpr std::uint8_t kOpensSession = 4;  ///< no lesson: the user's session begins with it
/// Shift of the two bits that name the beginners its item counted it for; 0: none (rank/segment_lifts.h).
inline constexpr std::uint8_t kTaughtBeginningShift = 4;
inline constexpr std::uint8_t kTaughtTaste = 8;  ///< a share of its item's taste

/// One event of a user's history.
struct HistoryEvent {
  ItemKey item;
  Timestamp at;
  float weight = 0;  ///< of the interaction type (config), positive or negative
  float rating = 0;  ///< 1..5; 0: the event is no rating
  InteractionType type = InteractionType::kView;
  std::uint8_t input = 0;    ///< index of the input topic's role
  Partition item_partition;  ///< of the item's owner
  Offset offset;             ///< of the record that carried it
  Partition from{-1};        ///< of that record where it is not the task's own: the event moved here; else -1
  std::uint8_t taught = 0;   ///< bits: kOpensSession, and kTaught... beside counts and transitions
  std::string event_id;      ///< empty: none given
};

}  // namespace freshet
