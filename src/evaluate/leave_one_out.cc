#include "evaluate/leave_one_out.h"

namespace freshet {
namespace {

constexpr std::size_t kHeldBack = 2;

}  // namespace

Result<EvaluationReport> EvaluateLeaveOneOut(const LeaveOneOutOptions& options,
                                             const EvaluationOptions& evaluation, const Clock& clock) {
  EvaluationOptions own = evaluation;
  own.recommender.user.rank.allow_repeats = false;
  Evaluation run(own, clock);
  FRESHET_CHECK(run.Open());
  SequenceOptions how;
  how.hold_back = kHeldBack;
  FRESHET_TRY(const Sequences read, ReadSequences(options.sequences, how));
  FRESHET_CHECK(run.LearnAll(read.stream));
  std::vector<Timestamp> last(read.stream.users.size());
  for (const InteractionList::Row& row : read.stream.rows) last[row.user] = row.at;
  const std::vector<Timestamp> next = read.stream.NextTimes();
  for (std::size_t user = 0; user < read.held_back.size(); ++user) {
    const auto& held = read.held_back[user];
    if (last[user].ms == 0) continue;  // nothing was left to learn
    const std::int64_t step = next[user].ms - last[user].ms;
    const auto click = [&](std::size_t place) {
      const Timestamp at{next[user].ms + static_cast<std::int64_t>(place) * step};
      return MakeClick(read.stream.users[user], read.stream.items[held[place]], at);
    };
    if (!options.validation) {
      const EvaluationEvent validation = click(0);
      FRESHET_CHECK(run.Learn(std::span(&validation, 1), OfflineRecommender::Learning::kUsersOnly));
    }
    const EvaluationEvent target = click(options.validation ? 0 : 1);
    FRESHET_CHECK(run.Rank(target.user_id, target.at));
    FRESHET_CHECK(run.Score(target));
  }
  return run.FinishLists("leave-one-out", options.sequences);
}

}  // namespace freshet
