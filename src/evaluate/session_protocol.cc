#include "evaluate/session_protocol.h"

#include <vector>

namespace freshet {
namespace {

using Learning = OfflineRecommender::Learning;

/// `rows`: of one session, in order.
Result<void> TestSession(const InteractionList& test, const std::vector<std::uint32_t>& rows, bool repeats,
                         Evaluation& run) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EvaluationEvent event = test.ClickOf(rows[i]);
    // A session of the same name in the training file is another one.
    event = MakeClick("test:" + event.user_id, event.item_id, event.at);
    const bool repeated = i > 0 && test.rows[rows[i]].item == test.rows[rows[i - 1]].item;
    if (i > 0 && (repeats || !repeated)) {
      FRESHET_CHECK(run.Rank(event.user_id, event.at));
      FRESHET_CHECK(run.Score(event));
    }
    FRESHET_CHECK(run.Learn(std::span(&event, 1), Learning::kUsersOnly));
  }
  return {};
}

}  // namespace

Result<EvaluationReport> EvaluateSessions(const SessionProtocolOptions& options,
                                          const EvaluationOptions& evaluation, const Clock& clock) {
  EvaluationOptions own = evaluation;
  own.recommender.user.rank.allow_repeats = true;
  own.recommender.user.rank.exclude_current = !options.repeats;
  Evaluation run(own, clock);
  FRESHET_CHECK(run.Open());
  {
    FRESHET_TRY(const InteractionList train, ReadTable(options.train));
    FRESHET_CHECK(run.LearnAll(train));
  }
  FRESHET_TRY(const InteractionList test, ReadTable(options.test));
  for (const auto& session : test.ByUser()) {
    FRESHET_CHECK(TestSession(test, session, options.repeats, run));
  }
  run.Count("test_sessions", test.users.size());
  return run.FinishLists("sessions", options.test);
}

}  // namespace freshet
