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

RecommenderOptions OfOnePartition(RecommenderOptions options) {
  options.user_partitions = 1;
  options.item_partitions = 1;
  options.user.publish.lists = false;
  return options;
}

}  // namespace

OfflineRecommender::OfflineRecommender(RecommenderOptions options)
    : options_(OfOnePartition(std::move(options))),
      user_options_(UserOptionsOf(options_, RecommenderTopology(options_))),
      builder_(ViewOptionsOf(options_), 1),
      view_(builder_.Publish()),
      lists_(user_options_),
      predictor_(user_options_) {
  for (const OperatorSpec& spec : RecommenderTopology(options_).operators) {
    tasks_.push_back({spec.inputs, std::make_unique<OfflineTask>(spec.make({0})), {}});
    tasks_.back().run->Pin(spec.reads_items ? view_ : nullptr);
  }
  users_ = &tasks_.front();
  FRESHET_ASSERT(users_->inputs == UserOperator::InputRoles());
}

void OfflineRecommender::Add(const Event& event, Timestamp at) {
  now_ = std::max(now_, at);
  Record record;
  record.key = std::string(EventKey(event));
  record.value = EncodeEventValue(event);
  record.timestamp = at;
  Deliver(TopicRoleOf(event), record);
}

void OfflineRecommender::Deliver(std::string_view role, const Record& record) {
  for (Task& task : tasks_) {
    const auto input = std::find(task.inputs.begin(), task.inputs.end(), role);
    if (input == task.inputs.end()) continue;
    task.waiting.push_back({static_cast<std::uint32_t>(input - task.inputs.begin()), record});
  }
}

// Tasks run in the order of the topology until none has anything to read: what one writes the others read in
// the same call.
Result<void> OfflineRecommender::Close(Learning learning) {
  const auto waits = [](const Task& task) { return !task.waiting.empty(); };
  while (std::any_of(tasks_.begin(), tasks_.end(), waits)) {
    for (Task& task : tasks_) {
      if (waits(task)) FRESHET_CHECK(RunBatch(task, learning));
    }
  }
  if (!std::exchange(view_due_, false)) return {};
  view_ = builder_.Publish();
  for (Task& task : tasks_) {
    if (task.run->items() != nullptr) task.run->Pin(view_);
  }
  return {};
}

Result<void> OfflineRecommender::RunBatch(Task& task, Learning learning) {
  for (Waiting& next : std::exchange(task.waiting, {})) task.run->Feed(next.input, std::move(next.record));
  FRESHET_CHECK(task.run->Close());
  for (OutputRecord& out : task.run->TakeEmitted()) FRESHET_CHECK(Route(std::move(out), learning));
  return {};
}

Result<void> OfflineRecommender::Route(OutputRecord out, Learning learning) {
  const std::string role = std::move(out.to.topic);
  const auto& of_users = users_->inputs;
  const bool to_users = std::find(of_users.begin(), of_users.end(), role) != of_users.end();
  if (learning == Learning::kUsersOnly && !to_users) return {};
  Record record;
  record.timestamp = now_;
  record.key = std::move(out.key);
  record.value = std::move(out.value);
  record.headers = std::move(out.headers);
  if (role != kItemModelRole) {
    Deliver(role, record);
    return {};
  }
  record.offset = {model_records_++};
  view_due_ = true;
  return builder_.Apply({0}, record);
}

Result<UserState> OfflineRecommender::Load(const std::string& user_id) {
  return UserState::Load(users_->run->state(), user_id, user_options_.limits);
}

bool OfflineRecommender::OnShortlist(ItemKey item) {
  const CandidatePool& pool = lists_.scratch().pool;
  const auto shortlist = pool.shortlist();
  return std::any_of(shortlist.begin(), shortlist.end(),
                     [&](std::uint32_t slot) { return pool.key(slot) == item; });
}

}  // namespace freshet
