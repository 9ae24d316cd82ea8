#include "rank/strategy.h"

#include <algorithm>
#include <optional>

namespace freshet {
namespace {

/// What a kind of event says of whether its item is begun; nothing: neither.
std::optional<bool> SaysBegun(InteractionType type) {
  switch (type) {
    case InteractionType::kStart:
    case InteractionType::kProgress:
    case InteractionType::kEnrol:
    case InteractionType::kAddToCart:
      return true;
    case InteractionType::kComplete:
    case InteractionType::kAbandon:
    case InteractionType::kPurchase:
    case InteractionType::kRemoveFromCart:
    case InteractionType::kApply:
    case InteractionType::kDislike:
    case InteractionType::kDismiss:
    case InteractionType::kNotInterested:
      return false;
    default:
      return std::nullopt;
  }
}

bool ByItem(const UnfinishedItem& a, const UnfinishedItem& b) { return a.item < b.item; }

}  // namespace

std::size_t SessionStart(std::span<const HistoryEvent> history) {
  std::size_t start = history.size();
  while (start > 0 && (history[start - 1].taught & kOpensSession) == 0) --start;
  return start > 0 ? start - 1 : 0;
}

std::span<const HistoryEvent> PastOf(Strategy::Past past, std::span<const HistoryEvent> history) {
  if (past == Strategy::Past::kAll) return history;
  if (past == Strategy::Past::kSession) return history.subspan(SessionStart(history));
  for (std::size_t i = history.size(); i > 0; --i) {
    if (history[i - 1].weight > 0) return history.subspan(i - 1, 1);
  }
  return {};
}

std::vector<UnfinishedItem> UnfinishedItems(std::span<const HistoryEvent> history) {
  std::vector<UnfinishedItem> newest;  // of each item, what says something
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].weight != 0 && SaysBegun(history[i].type)) newest.push_back({history[i].item, i});
  }
  std::stable_sort(newest.begin(), newest.end(), ByItem);
  std::vector<UnfinishedItem> unfinished;
  for (std::size_t i = 0; i < newest.size(); ++i) {
    const bool last = i + 1 == newest.size() || newest[i + 1].item != newest[i].item;
    if (last && *SaysBegun(history[newest[i].event].type)) unfinished.push_back(newest[i]);
  }
  return unfinished;
}

const UnfinishedItem* FindUnfinished(const std::vector<UnfinishedItem>& unfinished, ItemKey item) {
  const auto at = std::lower_bound(unfinished.begin(), unfinished.end(), UnfinishedItem{item, 0}, ByItem);
  return at != unfinished.end() && at->item == item ? &*at : nullptr;
}

bool CandidateLimits::Allow(const ItemModel& item) const {
  if (first_event_from.ms != 0 && item.first_event.ms != 0 && item.first_event < first_event_from)
    return false;
  if (!not_category.empty() && item.category == not_category) return false;
  return only == nullptr || FindUnfinished(*only, item.key) != nullptr;
}

}  // namespace freshet
