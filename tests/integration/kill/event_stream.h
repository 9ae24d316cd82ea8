#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace freshet::testing {

enum class EventFate { kAccepted, kDuplicate, kRejected };

struct StreamEvent {
  std::string topic;  ///< its role
  std::string payload;
  EventFate fate = EventFate::kAccepted;
};

/// The same events for the same seed: a catalogue first, then what zipf-distributed users do with
/// zipf-distributed items, out of order by up to a minute; among it ratings, feedback, retractions, changes
/// of the catalogue, 3 % of late copies of earlier events and 1 % of events that cannot be read, no two
/// alike.
std::vector<StreamEvent> MakeEvents(std::uint64_t seed, std::size_t count);

/// How often fates were given.
struct FateCounts {
  std::uint64_t user_accepted = 0;  ///< of the topics keyed by user
  std::uint64_t user_duplicates = 0;
  std::uint64_t user_rejected = 0;
  std::uint64_t catalogue_accepted = 0;
  std::uint64_t catalogue_rejected = 0;
};
FateCounts CountFates(const std::vector<StreamEvent>& events);

}  // namespace freshet::testing
