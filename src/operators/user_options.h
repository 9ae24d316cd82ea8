#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/decoder_options.h"
#include "codec/recommendation_list.h"
#include "models/rating_model.h"
#include "models/transition_cells.h"
#include "operators/item_state.h"
#include "operators/user_state.h"
#include "rank/list_policy.h"
#include "rank/rank_options.h"

namespace freshet {

/// What an interaction says about taste, by type; 0 teaches nothing.
struct InteractionWeights {
  std::array<float, 23> by_type = {1, 2, 0, 6, -6, 4, -4, 5, -2, 8, 6, 3, 2, 8, -2, 5, 8, -3, -8, 0, 0, 0, 1};
  std::map<std::string, float> custom;
  float Of(const Interaction& interaction) const;
};

/// Roles of UserOperator's inputs; histories and links name where a record came from by their indices.
inline constexpr std::array<std::string_view, 5> kUserInputs = {"interactions", "ratings", "feedback",
                                                                "user-links", "profiles"};
inline constexpr std::uint32_t kRatingsInput = 1;
inline constexpr std::uint32_t kLinksInput = 3;
inline constexpr std::uint32_t kProfilesInput = 4;

struct PublishOptions {
  std::size_t k = 20;
  Detail detail = Detail::kFull;
  std::int64_t min_interval_ms = 0;  ///< of event time between two lists of one user
  std::size_t active_users = 256;    ///< of each task, refreshed when items they depend on change
  bool lists = true;                 ///< false: nothing is published, for who asks for lists himself
  std::size_t refresh_users = 16;    ///< of them in one batch at most: bounds what a hot item causes
};

/// Sessions that are published for the generator session_knn (docs/adr/0012-sessions-in-the-item-model.md).
struct SessionOptions {
  std::uint32_t kept = 50'000;             ///< of each user partition, the newest; 0: none is published
  std::int64_t gap_ms = 30LL * 60 * 1000;  ///< a session without an id ends after so long without an event
  std::size_t events = 50;                 ///< of one record; a longer session continues in another
};

/// Published lists are scored against what their users take next (docs/ARCHITECTURE.md, 7).
struct LiveEvaluationOptions {
  bool on = true;
  std::uint64_t window = 5'000;  ///< scored lists of a task that the metrics are over
  std::string challenger;        ///< generator that is compared beside the baseline; empty: none
};

struct UserOperatorOptions {
  Partition partition;
  std::vector<std::string> topics;  ///< names of the inputs, for evidence
  std::int32_t user_partitions = 1;
  std::int32_t item_partitions = 1;
  UserLimits limits;
  InteractionWeights weights;
  TransitionOptions transitions;
  ItemModelOptions items;  ///< half-lives and factor options, shared with the item operator
  RankOptions rank;
  PolicyOptions policies;
  PublishOptions publish;
  SessionOptions sessions;
  LiveEvaluationOptions evaluation;
  DecoderOptions decoder;
  double mix_learn_fraction = 0.05;         ///< of events, at least; each costs about a list
  std::uint64_t mix_learn_events = 20'000;  ///< while the mix has learned fewer, most events teach it
  std::size_t mix_learn_batch = 32;         ///< events of one batch that teach it at most
  bool teach_network = false;               ///< positive events are passed on to the next-item network
  double rating_like_from = 0.6;            ///< of the scale: ratings from here on are positive evidence
  std::int64_t future_ms_max = 300'000;     ///< an event time further ahead of its record's is refused
};

}  // namespace freshet
