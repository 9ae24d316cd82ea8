#include "engine/user_query.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/hash.h"
#include "operators/live_window.h"
#include "state/commit_point.h"
#include "state/committed_state.h"
#include "state/overlay.h"
#include "state/progress_record.h"

namespace freshet {
namespace {

/// A database at one moment: all reads of a query see the same commit.
class SnapshotState final : public CommittedState {
 public:
  explicit SnapshotState(const Database& database) : cursor_(database.NewCursor()) {}
  Result<std::optional<std::string_view>> Read(std::string_view key) override {
    cursor_->Seek(key);
    FRESHET_CHECK(cursor_->Status());
    if (!cursor_->Valid() || cursor_->Key() != key) return std::optional<std::string_view>();
    return std::optional<std::string_view>(cursor_->Value());
  }

 private:
  std::unique_ptr<Cursor> cursor_;
};

/// The last batch of the task that the state holds.
Result<ProgressRecord> LastBatch(SnapshotState& snapshot) {
  FRESHET_TRY(const auto bytes, snapshot.Read(kCommitPointKey));
  if (!bytes) return ProgressRecord();
  FRESHET_TRY(const CommitPoint point, CommitPoint::Decode(*bytes));
  return ProgressRecord::Decode(point.progress);
}

}  // namespace

UserQuery::UserQuery(const RecommenderOptions& options, const Topology& topology)
    : options_(UserOptionsOf(options, topology)), lists_(options_) {}

Result<std::optional<RecommendationList>> UserQuery::List(const Source& from, const ItemView& view,
                                                          const std::string& user_id,
                                                          const Question& question) {
  const UserLists::Request& request = question.request;
  SnapshotState snapshot(*from.state);
  Overlay state(snapshot);
  FRESHET_TRY(UserState user, UserState::Load(state, user_id, options_.limits));
  if (state.Failure()) return *state.Failure();
  if (!user.known()) return std::optional<RecommendationList>();
  options_.partition = from.partition;
  for (const std::string& name : question.without) FRESHET_CHECK(MaskEvidence(user, name));
  lists_.Rank(user, state, view, request);
  RecommendationList list = lists_.Explain(user, view, request);
  list.without = question.without;
  if (question.counterfactuals) FRESHET_CHECK(AddCounterfactuals({user, state, view, request}, list));
  list.generated_at = request.now;
  FRESHET_TRY(const ProgressRecord last, LastBatch(snapshot));
  list.watermark = last.watermark;
  list.state_seq = static_cast<std::int64_t>(last.seq);
  return std::optional(std::move(list));
}

Result<void> UserQuery::MaskEvidence(UserState& user, const std::string& name) const {
  const ItemKey item = KeyOfItem(name);
  const EvidenceOrigin origin{options_.topics, options_.partition};
  bool found = false;
  for (std::size_t i = 0; i < user.history().size(); ++i) {
    const HistoryEvent& event = user.history()[i];
    if (event.event_id != name && event.item != item && CoordinatesOf(event, origin) != name) continue;
    user.Mask(i);
    found = true;
  }
  if (found) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("without: \"{}\" is no event and no item of the history kept of this user; take "
                  "ids from the evidence of a list's reasons",
                  name));
}

Result<void> UserQuery::AddCounterfactuals(const Asked& asked, RecommendationList& list) {
  for (RecommendedItem& item : list.items) {
    if (item.reasons.empty()) continue;
    const Evidence& evidence = item.reasons.front().evidence;
    const bool all_have_ids = evidence.event_ids.size() == evidence.coordinates.size();
    Counterfactual what{all_have_ids ? evidence.event_ids : evidence.coordinates, {}, 0};
    if (what.remove.empty()) continue;
    UserState without = asked.user;
    for (const std::string& event : what.remove) FRESHET_CHECK(MaskEvidence(without, event));
    const std::vector<RankedItem>& items = lists_.Rank(without, asked.state, asked.view, asked.request).items;
    const auto place = static_cast<std::size_t>(item.rank - 1);
    if (place < items.size()) what.becomes = items[place].item->item_id;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].item->item_id == item.item_id) what.rank_of_original = static_cast<std::int32_t>(i + 1);
    }
    item.counterfactual = std::move(what);
  }
  return {};
}

std::optional<std::vector<SimilarItem>> UserQuery::Similar(const ItemView& view, const std::string& item_id,
                                                           const UserLists::Request& request) {
  const ItemKey key = KeyOfItem(item_id);
  if (view.Find(key) == nullptr) return std::nullopt;
  std::vector<SimilarItem> similar;
  for (const RankedItem& entry : lists_.RankFor(key, view, request).items)
    similar.push_back({entry.item, entry.score});
  return similar;
}

Result<UserQuery::LiveFigures> UserQuery::Live(const Database& database) const {
  SnapshotState snapshot(database);
  Overlay state(snapshot);
  const std::uint32_t challenger = LiveScores::ChallengerOf(options_.evaluation.challenger);
  const LiveWindow window = LiveWindow::Load(state, challenger);
  LiveFigures figures{window.scored(), window.Sum(state)};
  if (state.Failure()) return *state.Failure();
  return figures;
}

std::optional<std::vector<SimilarItem>> SimilarItems(const ItemView& view, const std::string& item_id,
                                                     std::size_t k) {
  const ItemModel* item = view.Find(KeyOfItem(item_id));
  if (item == nullptr) return std::nullopt;
  std::vector<SimilarItem> similar;
  for (const RowCell& cell : item->row) {
    const ItemModel* other = view.Find(cell.item);
    if (other == nullptr || (other->in_catalogue && !other->available)) continue;
    const double mass =
        std::sqrt(static_cast<double>(item->row_mass + 1) * static_cast<double>(other->row_mass + 1));
    similar.push_back({other, static_cast<double>(cell.near) / mass});
  }
  std::sort(similar.begin(), similar.end(), [](const SimilarItem& a, const SimilarItem& b) {
    return a.score != b.score ? a.score > b.score : a.item->key < b.item->key;
  });
  if (similar.size() > k) similar.resize(k);
  return similar;
}

}  // namespace freshet
