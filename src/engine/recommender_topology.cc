#include "engine/recommender_topology.h"

#include <array>
#include <memory>

#include "base/format.h"
#include "operators/net_operator.h"
#include "operators/user_operator.h"
#include "rank/list_builder.h"

namespace freshet {
namespace {

constexpr std::array<std::string_view, 12> kRoles = {
    "interactions", "ratings",    "feedback",   "catalogue",   "recommendations", "dead-letters",
    "item-deltas",  "item-model", "user-links", "net-lessons", "evaluations",     "profiles"};

constexpr std::int32_t kModelRestFactor = 8;

OperatorSpec NetSpec(const NetTrainingOptions& options) {
  OperatorSpec net{"net", NetOperator::InputRoles(), NetOperator::OutputRoles(), 1, false, {}};
  net.make = [options](Partition) -> std::unique_ptr<Operator> {
    return std::make_unique<NetOperator>(options);
  };
  net.rest_factor = kModelRestFactor;
  return net;
}

}  // namespace

UserOperatorOptions UserOptionsOf(const RecommenderOptions& options, const Topology& topology) {
  UserOperatorOptions user = options.user;
  user.user_partitions = options.user_partitions;
  user.item_partitions = options.item_partitions;
  user.items = options.items;
  user.decoder = options.decoder;
  user.teach_network = options.next_item_net;
  user.rank.next_item_net = options.next_item_net;
  user.rank.content = options.content;
  user.rank.segments = options.segments;
  user.rank.popularity_half_lives = options.items.half_lives;
  user.rank.row_half_life = options.items.row_half_life;
  user.topics.clear();
  for (const std::string& role : UserOperator::InputRoles()) user.topics.push_back(topology.TopicOf(role));
  return user;
}

Topology RecommenderTopology(const RecommenderOptions& options) {
  Topology topology;
  topology.app = options.app;
  topology.user_partitions = options.user_partitions;
  topology.item_partitions = options.item_partitions;
  for (const std::string_view role : kRoles) {
    const auto named = options.topics.find(std::string(role));
    topology.topics[std::string(role)] = named == options.topics.end() ? std::string(role) : named->second;
  }
  for (const auto& [role, name] : options.topics) topology.topics[role] = name;
  const UserOperatorOptions user = UserOptionsOf(options, topology);
  OperatorSpec users{
      "user", UserOperator::InputRoles(), UserOperator::OutputRoles(), options.user_partitions, true, {}};
  users.make = [user](Partition partition) -> std::unique_ptr<Operator> {
    UserOperatorOptions own = user;
    own.partition = partition;
    return std::make_unique<UserOperator>(std::move(own));
  };
  ItemOperatorOptions item;
  item.model = options.items;
  item.mix = ListBuilder(user.rank).Shape();
  item.item_partitions = options.item_partitions;
  item.content = options.content;
  item.decoder = options.decoder;
  OperatorSpec items{
      "item", ItemOperator::InputRoles(), ItemOperator::OutputRoles(), options.item_partitions, false, {}};
  items.make = [item](Partition partition) -> std::unique_ptr<Operator> {
    ItemOperatorOptions own = item;
    own.partition = partition;
    return std::make_unique<ItemOperator>(std::move(own));
  };
  items.rest_factor = kModelRestFactor;
  if (options.next_item_net) users.outputs.emplace_back("net-lessons");
  topology.operators = {std::move(users), std::move(items)};
  if (options.next_item_net) topology.operators.push_back(NetSpec(options.net));
  return topology;
}

ItemViewOptions ViewOptionsOf(const RecommenderOptions& options) {
  return {options.items.half_lives, options.items.factors};
}

Result<void> EnsureTopics(Log& log, const std::vector<TopicSpec>& wanted) {
  for (const TopicSpec& spec : wanted) {
    const auto described = log.Describe(spec.name);
    if (!described.ok() && described.error().code != ErrorCode::kNotFound) return described.error();
    if (!described.ok()) {
      const auto created = log.Create(spec);
      if (!created.ok() && created.error().code != ErrorCode::kAlreadyExists) {
        return created.error().Within("create topic " + spec.name);
      }
      continue;
    }
    if (described->partitions != spec.partitions) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("topic {} has {} partitions, the configuration wants {}: set "
                      "topics.user_partitions or topics.item_partitions to {}, or use another prefix",
                      spec.name, described->partitions, spec.partitions, described->partitions));
    }
  }
  return {};
}

}  // namespace freshet
