#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/hash_map.h"
#include "freshet/event.h"
#include "freshet/model.h"

namespace freshet {

struct Dismissal {
  ItemKey item;
  Timestamp until;       ///< 0: for ever
  std::uint64_t by = 0;  ///< hash of the dismissing event's id; 0: it had none
  FeedbackScope scope = FeedbackScope::kItem;
};

void EncodeDismissal(const Dismissal& dismissal, ByteWriter& to);
Dismissal DecodeDismissal(ByteReader& from);

/// What a user's dismissals hide at one time: items by key, and every item with one of the facets.
struct HiddenItems {
  ItemSet items;
  std::vector<Facet> facets;  ///< sorted
};

/// Neighbours that a dismissal of scope `similar` hides with its item.
inline constexpr std::size_t kSimilarHidden = 20;

/// Resolves the dismissals that still stand. The item itself is always hidden; with it, by scope: `provider`
/// all of its provider; `skill` all that teach its main skill; `topic` all in its main category and below, or
/// with its first tag where it has no category; `similar` the kSimilarHidden items that come with it most.
/// What an item has in common with others is looked up in the view, so that it follows the catalogue and the
/// rows; an item that the view does not know hides itself alone.
void ResolveDismissals(std::span<const Dismissal> dismissals, Timestamp now, const ItemView& view,
                       HiddenItems& to);

}  // namespace freshet
