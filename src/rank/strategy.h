#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"

namespace freshet {

/// How the lists of one surface come about: what of the user's past speaks, what may be listed, and how the
/// parts are weighed. The default is the mix over the whole past.
struct Strategy {
  enum class Past : std::uint8_t {
    kAll,
    kSession,  ///< the events of the current session
    kLast,     ///< the newest event that speaks for its item
  };
  enum class Candidates : std::uint8_t {
    kAll,
    kUnfinished,  ///< the user's own items that were begun and not ended
  };
  std::string name = "for_you";
  /// By part. Empty: the mix's, and nothing for unfinished items, which go by how long ago that was. A list
  /// by weights of its own has only what they say something for.
  std::map<std::string, double, std::less<>> weights = {};
  Past past = Past::kAll;
  Candidates candidates = Candidates::kAll;
  std::int64_t newer_than_ms = 0;  ///< items whose first event is at most so old; 0: any
  bool other_categories = false;   ///< no item of the category of the newest one that speaks
};

/// Index of the event that the current session begins with.
std::size_t SessionStart(std::span<const HistoryEvent> history);

/// The events that speak.
std::span<const HistoryEvent> PastOf(Strategy::Past past, std::span<const HistoryEvent> history);

/// An item that the user began and has not ended.
struct UnfinishedItem {
  ItemKey item;
  std::size_t event = 0;  ///< the newest that says so, in the history
};

/// Items with a start, progress, enrol or add_to_cart and nothing after it that ends it (complete, abandon,
/// purchase, remove_from_cart, apply, or a sign of dislike). By key.
std::vector<UnfinishedItem> UnfinishedItems(std::span<const HistoryEvent> history);

/// The entry of an item; null: it is not among them.
const UnfinishedItem* FindUnfinished(const std::vector<UnfinishedItem>& unfinished, ItemKey item);

/// What may be a candidate beside what rules say. Borrowed.
struct CandidateLimits {
  Timestamp first_event_from;  ///< 0: any
  std::string_view not_category = {};
  const std::vector<UnfinishedItem>* only = nullptr;  ///< null: any

  bool any() const { return first_event_from.ms != 0 || !not_category.empty() || only != nullptr; }
  bool Allow(const ItemModel& item) const;
};

}  // namespace freshet
