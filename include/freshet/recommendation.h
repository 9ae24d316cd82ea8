#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

/// Evidence for a reason: what a reader needs to check it. Unset fields are left out of the record.
struct Evidence {
  std::vector<std::string> event_ids;    ///< ids of the user's events, where they had one
  std::vector<std::string> coordinates;  ///< topic/partition/offset of each of them
  std::string item_id;                   ///< the item those events were about
  std::optional<double> count;           ///< decayed events behind a popularity reason
  std::optional<double>
      co_count;  ///< decayed and weighted by strength: how often the two items followed each other
  std::optional<double> predicted_rating;  ///< on the scale 1..5
  std::vector<std::string> rules;  ///< names of the configured rules that raise, lower or pin the item
};

struct Reason {
  std::string code;  ///< BECAUSE_YOU_BOUGHT, POPULAR ... (schemas/recommendation.schema.json)
  std::string part;  ///< the key of score_parts that it explains
  double contribution = 0;
  std::string text;
  Evidence evidence;
};

struct ScorePart {
  std::string name;
  double value = 0;
};

/// What would stand in an item's place without the evidence of its first reason, as the ranker says when it
/// is asked again.
struct Counterfactual {
  std::vector<std::string> remove;    ///< events: their event_id, else topic/partition/offset
  std::string becomes;                ///< item in this place; empty: the list would be shorter
  std::int32_t rank_of_original = 0;  ///< 0: not in the list
};

struct RecommendedItem {
  std::int32_t rank = 0;  ///< from 1
  std::string item_id;
  std::string item_type;
  std::string title;
  double score = 0;
  bool pinned = false;                 ///< a rule holds it in its place, whatever its score
  std::optional<double> propensity;    ///< probability that the list has it; set where lists explore
  std::vector<ScorePart> score_parts;  ///< they sum to score within 1e-6
  std::vector<std::string> sources;    ///< candidate sources that proposed it
  std::vector<Reason> reasons;
  std::optional<Counterfactual> counterfactual;
};

struct Trigger {
  std::string event_id;
  std::string topic;
  Partition partition;
  Offset offset;
  std::optional<std::int64_t> event_to_publish_ms;  ///< event's append to publication; absent in a replay
};

struct FilterCounts {
  std::int64_t seen = 0;
  std::int64_t dismissed = 0;
  std::int64_t unavailable = 0;
  std::int64_t by_rule = 0;
};

struct RecommendationList {
  std::string request_id;
  std::string user_id;
  std::string surface = "for_you";
  Timestamp generated_at;
  std::optional<Trigger> trigger;
  Timestamp watermark;         ///< as_of.watermark
  std::int64_t state_seq = 0;  ///< as_of.state_seq
  std::string model_name;
  std::string model_version;
  std::string model_snapshot;  ///< pinned version of the item model
  std::string status = "fresh";
  FilterCounts filtered;
  std::vector<std::string> without;  ///< evidence that was masked: what the list would be had it not happened
  std::vector<RecommendedItem> items;
};

}  // namespace freshet
