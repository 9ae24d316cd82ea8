#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/topology.h"
#include "freshet/log.h"
#include "operators/item_operator.h"
#include "operators/net_trainer.h"
#include "operators/user_options.h"
#include "view/item_view_builder.h"

namespace freshet {

struct RecommenderOptions {
  std::string app = "freshet";
  std::map<std::string, std::string> topics;  ///< role -> name; roles left out keep their name
  std::int32_t user_partitions = 4;
  std::int32_t item_partitions = 2;
  UserOperatorOptions user;  ///< partition, topics and item_partitions are filled in
  ItemModelOptions items;
  DecoderOptions decoder;
  bool next_item_net = false;  ///< a third operator learns the network
  NetTrainingOptions net;
  bool content = false;   ///< items are known and found by their catalogue entries, too
  bool segments = false;  ///< popularity is counted by segments of users, too
};

/// What the user tasks are made with, and queries rank with: everything but the partition.
UserOperatorOptions UserOptionsOf(const RecommenderOptions& options, const Topology& topology);

/// The tasks of the recommender: `user` and `item`, and `net` where it is on.
Topology RecommenderTopology(const RecommenderOptions& options);

/// Options of the item view that fit.
ItemViewOptions ViewOptionsOf(const RecommenderOptions& options);

/// Creates those that are missing. An existing topic with another number of partitions is an error that says
/// which and what to do.
Result<void> EnsureTopics(Log& log, const std::vector<TopicSpec>& wanted);

}  // namespace freshet
