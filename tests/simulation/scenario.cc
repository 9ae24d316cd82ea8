#include "simulation/scenario.h"

#include "base/format.h"
#include "base/hash.h"
#include "engine/recommender_topology.h"
#include "simulation/fold_operator.h"

namespace freshet::simulation {
namespace {

constexpr std::uint64_t kUsers = 7;
constexpr std::uint64_t kItems = 9;
constexpr double kDuplicate = 0.15;
constexpr double kBad = 0.05;
constexpr double kSecondInput = 0.2;
constexpr double kRetraction = 0.1;
constexpr double kIdentification = 0.02;

/// Gives out ids, now and then one that was given out before.
class Ids final {
 public:
  std::uint64_t Next(Random& random) {
    if (last_ > 0 && random.Chance(kDuplicate)) return 1 + random.Below(last_);
    return ++last_;
  }

 private:
  std::uint64_t last_ = 0;
};

class FoldScenario final : public Scenario {
 public:
  explicit FoldScenario(std::int32_t partitions)
      : partitions_(partitions), topology_(FoldTopology(partitions)) {}
  const Topology& topology() const override { return topology_; }
  OutputRecord NextEvent(Random& random) override {
    const bool retraction = random.Chance(kSecondInput);
    const std::uint64_t id = (retraction ? retractions_ : events_).Next(random);
    const std::string user = fmt::format("u{}", id % kUsers);  // the same id is always the same user's
    OutputRecord record;
    record.to = {retraction ? "retractions" : "events", PartitionForKey(user, partitions_)};
    record.key = user;
    record.value = fmt::format("e{}|{}", id, user);
    if (!retraction) record.value->append(fmt::format("|i{}", random.Below(kItems)));
    if (random.Chance(kBad)) record.value = "|" + *record.value;
    return record;
  }

 protected:
  std::int32_t PartitionsOf(const std::string&) const override { return partitions_; }

 private:
  std::int32_t partitions_;
  Topology topology_;
  Ids events_;
  Ids retractions_;
};

class RecommenderScenario final : public Scenario {
 public:
  RecommenderScenario() {
    options_.app = "sim";
    options_.user_partitions = 2;
    options_.item_partitions = 2;
    // The network publishes and writes checkpoints within the few hundred events of a run.
    options_.next_item_net = true;
    options_.content = true;
    options_.segments = true;
    options_.net.net.events_max = kNetRecentEvents;
    options_.net.publish_every = 32;
    options_.net.checkpoint_every = 64;
    topology_ = RecommenderTopology(options_);
  }
  const Topology& topology() const override { return topology_; }
  ItemViewOptions view() const override { return ViewOptionsOf(options_); }
  OutputRecord NextEvent(Random& random) override {
    const std::string item = fmt::format("i{}", random.Below(kItems));
    if (random.Chance(kBad)) return Catalogue(item, random);
    const std::uint64_t id = ids_.Next(random);
    const std::string user = fmt::format("u{}", id % kUsers);
    OutputRecord record;
    const bool rating = random.Chance(kSecondInput);
    record.to = {topology_.TopicOf(rating ? "ratings" : "interactions"),
                 PartitionForKey(user, options_.user_partitions)};
    record.key = user;
    const std::string what = rating ? Rating(random) : Interaction(id, random);
    record.value =
        fmt::format(R"({{"event_id":"e{}","user_id":"{}","item_id":"{}",{}}})", id, user, item, what);
    if (random.Chance(kBad)) record.value->pop_back();
    return record;
  }

 protected:
  std::int32_t PartitionsOf(const std::string& role) const override {
    if (role == "net-lessons") return 1;
    const bool by_item = role == "catalogue" || role == "item-deltas" || role == "item-model";
    return by_item ? options_.item_partitions : options_.user_partitions;
  }

 private:
  static std::string Rating(Random& random) {
    const std::uint64_t stars = random.Below(6);
    return stars == 0 ? R"("rating":null)" : fmt::format(R"("rating":{})", stars);
  }
  static std::string Interaction(std::uint64_t id, Random& random) {
    if (random.Chance(kIdentification))
      return fmt::format(R"("type":"identify","anonymous_id":"u{}")", random.Below(kUsers));
    if (id < kUsers || !random.Chance(kRetraction)) return R"("type":"click")";
    // Ids of one user are kUsers apart.
    return fmt::format(R"("type":"retract","retracts":"e{}")", id - kUsers);
  }
  OutputRecord Catalogue(const std::string& item, Random& random) {
    OutputRecord record;
    record.to = {topology_.TopicOf("catalogue"), PartitionForKey(item, options_.item_partitions)};
    record.key = item;
    if (random.Chance(kDuplicate)) return record;  // the item is gone
    record.value =
        fmt::format(R"({{"item_id":"{}","item_type":"course","title":"Title {}"}})", item, random.Below(99));
    return record;
  }
  RecommenderOptions options_;
  Topology topology_;
  Ids ids_;
};

}  // namespace

std::vector<TopicSpec> Scenario::Topics(bool compacted_changelogs) const {
  std::vector<TopicSpec> specs;
  for (const auto& [role, name] : topology().topics) {
    specs.push_back({name, PartitionsOf(role), Cleanup::kDelete, {}, {}, {}});
  }
  for (const OperatorSpec& spec : topology().operators) {
    const Cleanup cleanup = compacted_changelogs ? Cleanup::kCompact : Cleanup::kDelete;
    specs.push_back({topology().ChangelogOf(spec.name), spec.partitions, cleanup, {}, {}, {}});
  }
  return specs;
}

std::unique_ptr<Scenario> MakeFoldScenario(std::int32_t partitions) {
  return std::make_unique<FoldScenario>(partitions);
}

std::unique_ptr<Scenario> MakeRecommenderScenario() { return std::make_unique<RecommenderScenario>(); }

}  // namespace freshet::simulation
