#include "evaluate/rating_protocol.h"

#include <variant>

namespace freshet {
namespace {

bool IsScored(const EvaluationEvent& event) {
  const Rating* rating = std::get_if<Rating>(&event.event);
  return rating != nullptr && rating->rating.has_value();
}

Result<void> LearnFile(const EventSourceOptions& file, Evaluation& run) {
  FRESHET_TRY(EventSource source, EventSource::Open(file));
  while (true) {
    FRESHET_TRY(const auto event, source.Next());
    if (!event) return {};
    FRESHET_CHECK(run.Learn(std::span(&*event, 1)));
  }
}

}  // namespace

Result<EvaluationReport> EvaluateRatings(const RatingProtocolOptions& options,
                                         const EvaluationOptions& evaluation, const Clock& clock) {
  EvaluationOptions own = evaluation;
  own.ratings = true;
  Evaluation run(own, clock);
  FRESHET_CHECK(run.Open());
  for (const EventSourceOptions& file : options.train) FRESHET_CHECK(LearnFile(file, run));
  FRESHET_TRY(EventSource source, EventSource::Open(options.test));
  std::uint64_t scored = 0;
  while (options.limit == 0 || scored < options.limit) {
    FRESHET_TRY(const auto event, source.Next());
    if (!event) break;
    if (IsScored(*event)) {
      FRESHET_CHECK(run.ScoreRating(*event));
      ++scored;
    }
    if (options.train.empty()) FRESHET_CHECK(run.Learn(std::span(&*event, 1)));
  }
  return run.FinishRatings("ratings", options.test.path);
}

}  // namespace freshet
