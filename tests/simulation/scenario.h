#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "engine/topology.h"
#include "freshet/log.h"
#include "view/item_view_builder.h"

namespace freshet::simulation {

/// What runs in a world and what comes in from upstream.
class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual const Topology& topology() const = 0;
  virtual ItemViewOptions view() const { return {}; }
  /// One input record: new, a duplicate, a bad one or a retraction.
  virtual OutputRecord NextEvent(Random& random) = 0;
  /// All topics; changelogs are compacted if asked for, everything else keeps all.
  std::vector<TopicSpec> Topics(bool compacted_changelogs) const;

 protected:
  virtual std::int32_t PartitionsOf(const std::string& role) const = 0;
};

/// FoldOperator alone.
std::unique_ptr<Scenario> MakeFoldScenario(std::int32_t partitions);
/// The recommender with two user and two item partitions.
std::unique_ptr<Scenario> MakeRecommenderScenario();

}  // namespace freshet::simulation
