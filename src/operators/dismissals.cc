#include "operators/dismissals.h"

#include <algorithm>
#include <optional>

namespace freshet {
namespace {

std::optional<Facet::Kind> KindOf(FeedbackScope scope) {
  switch (scope) {
    case FeedbackScope::kProvider:
      return Facet::Kind::kProvider;
    case FeedbackScope::kSkill:
      return Facet::Kind::kSkill;
    case FeedbackScope::kTopic:
      return Facet::Kind::kTopic;
    case FeedbackScope::kItem:
    case FeedbackScope::kSimilar:
      return std::nullopt;
  }
  return std::nullopt;
}

void HideOthers(const Dismissal& dismissal, const ItemModel& item, HiddenItems& to) {
  if (dismissal.scope == FeedbackScope::kSimilar) {
    const std::size_t count = std::min(kSimilarHidden, item.row.size());
    for (std::size_t i = 0; i < count; ++i) to.items.insert(item.row[i].item);
    return;
  }
  const auto kind = KindOf(dismissal.scope);
  const auto main = std::find_if(item.facets.begin(), item.facets.end(),
                                 [&](const Facet& facet) { return facet.kind == kind; });
  if (main != item.facets.end()) to.facets.push_back(*main);
}

}  // namespace

void EncodeDismissal(const Dismissal& dismissal, ByteWriter& to) {
  to.Fixed(dismissal.item.value);
  to.Signed(dismissal.until.ms);
  to.Fixed(dismissal.by);
  to.Fixed(static_cast<std::uint8_t>(dismissal.scope));
}

Dismissal DecodeDismissal(ByteReader& from) {
  Dismissal dismissal;
  dismissal.item.value = from.Fixed<std::uint64_t>();
  dismissal.until.ms = from.Signed();
  dismissal.by = from.Fixed<std::uint64_t>();
  dismissal.scope = static_cast<FeedbackScope>(from.Fixed<std::uint8_t>());
  return dismissal;
}

void ResolveDismissals(std::span<const Dismissal> dismissals, Timestamp now, const ItemView& view,
                       HiddenItems& to) {
  to.items.clear();
  to.facets.clear();
  for (const Dismissal& dismissal : dismissals) {
    if (dismissal.until.ms != 0 && dismissal.until <= now) continue;
    to.items.insert(dismissal.item);
    if (dismissal.scope == FeedbackScope::kItem) continue;
    const ItemModel* item = view.Find(dismissal.item);
    if (item != nullptr) HideOthers(dismissal, *item, to);
  }
  std::sort(to.facets.begin(), to.facets.end());
}

}  // namespace freshet
