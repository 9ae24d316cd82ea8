#include "evaluate/offline_recommender.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "codec/event_fields.h"
#include "import/importer.h"
#include "operators/user_operator.h"

namespace freshet {
namespace {

constexpr std::uint32_t kDeltasInput = 0;
constexpr std::uint32_t kCatalogueInput = 1;

RecommenderOptions OfOnePartition(RecommenderOptions options) {
  options.user_partitions = 1;
  options.item_partitions = 1;
  options.user.publish.lists = false;
  return options;
}

std::unique_ptr<OfflineTask> TaskOf(const Topology& topology, std::string_view name) {
  const auto spec = std::find_if(topology.operators.begin(), topology.operators.end(),
                                 [&](const OperatorSpec& each) { return each.name == name; });
  FRESHET_ASSERT(spec != topology.operators.end());
  return std::make_unique<OfflineTask>(spec->make({0}));
}

std::uint32_t UserInputOf(std::string_view role) {
  const auto roles = UserOperator::InputRoles();
  return static_cast<std::uint32_t>(std::find(roles.begin(), roles.end(), role) - roles.begin());
}

}  // namespace

OfflineRecommender::OfflineRecommender(RecommenderOptions options)
    : options_(OfOnePartition(std::move(options))),
      user_options_(UserOptionsOf(options_, RecommenderTopology(options_))),
      users_(TaskOf(RecommenderTopology(options_), "user")),
      items_(TaskOf(RecommenderTopology(options_), "item")),
      net_(options_.next_item_net ? TaskOf(RecommenderTopology(options_), "net") : nullptr),
      builder_(ViewOptionsOf(options_), 1),
      view_(builder_.Publish()),
      lists_(user_options_),
      predictor_(user_options_) {
  users_->Pin(view_);
}

void OfflineRecommender::Add(const Event& event, Timestamp at) {
  now_ = std::max(now_, at);
  Record record;
  record.key = std::string(EventKey(event));
  record.value = EncodeEventValue(event);
  record.timestamp = at;
  const std::string_view role = TopicRoleOf(event);
  if (role == "catalogue") {
    items_touched_ = true;
    return items_->Feed(kCatalogueInput, std::move(record));
  }
  users_->Feed(UserInputOf(role), std::move(record));
}

Result<void> OfflineRecommender::Close(Learning learning) {
  FRESHET_CHECK(CloseUsers());
  if (learning == Learning::kUsersOnly) {
    deltas_.clear();
    net_lessons_.clear();
    return {};
  }
  return CloseItems();
}

// What the user task writes to itself is read until it writes nothing more.
Result<void> OfflineRecommender::CloseUsers() {
  FRESHET_CHECK(users_->Close());
  while (true) {
    std::vector<OutputRecord> links;
    for (OutputRecord& out : users_->TakeEmitted()) {
      if (out.to.topic == "user-links")
        links.push_back(std::move(out));
      else if (out.to.topic == "item-deltas")
        deltas_.push_back(std::move(out));
      else if (out.to.topic == "net-lessons")
        net_lessons_.push_back(std::move(out));
    }
    if (links.empty()) return {};
    for (OutputRecord& link : links) {
      Record record;
      record.key = std::move(link.key);
      record.value = std::move(link.value);
      record.headers = std::move(link.headers);
      record.timestamp = now_;
      users_->Feed(kLinksInput, std::move(record));
    }
    FRESHET_CHECK(users_->Close());
  }
}

Result<void> OfflineRecommender::CloseItems() {
  const bool touched = std::exchange(items_touched_, false);
  if (deltas_.empty() && !touched) return {};
  for (OutputRecord& delta : deltas_) {
    Record record;
    record.value = std::move(delta.value);
    record.timestamp = now_;
    items_->Feed(kDeltasInput, std::move(record));
  }
  deltas_.clear();
  FRESHET_CHECK(Fold(*items_));
  if (net_ != nullptr) FRESHET_CHECK(CloseNet());
  view_ = builder_.Publish();
  users_->Pin(view_);
  return {};
}

Result<void> OfflineRecommender::CloseNet() {
  for (OutputRecord& lessons : net_lessons_) {
    Record record;
    record.value = std::move(lessons.value);
    record.timestamp = now_;
    net_->Feed(0, std::move(record));
  }
  net_lessons_.clear();
  return Fold(*net_);
}

// Ends the task's batch; what it publishes becomes part of the next view.
Result<void> OfflineRecommender::Fold(OfflineTask& task) {
  FRESHET_CHECK(task.Close());
  for (OutputRecord& out : task.TakeEmitted()) {
    Record record;
    record.offset = {model_records_++};
    record.key = std::move(out.key);
    record.value = std::move(out.value);
    FRESHET_CHECK(builder_.Apply({0}, record));
  }
  return {};
}

Result<UserState> OfflineRecommender::Load(const std::string& user_id) {
  return UserState::Load(users_->state(), user_id, user_options_.limits);
}

bool OfflineRecommender::OnShortlist(ItemKey item) {
  const CandidatePool& pool = lists_.scratch().pool;
  const auto shortlist = pool.shortlist();
  return std::any_of(shortlist.begin(), shortlist.end(),
                     [&](std::uint32_t slot) { return pool.key(slot) == item; });
}

}  // namespace freshet
