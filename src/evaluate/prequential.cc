#include "evaluate/prequential.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace freshet {
namespace {

class Prequential final {
 public:
  Prequential(const PrequentialOptions& options, Evaluation& evaluation)
      : options_(options), evaluation_(evaluation) {}

  Result<void> Run() {
    if (options_.from_quantile) {
      FRESHET_TRY(score_after_, TimeQuantile(options_.input, *options_.from_quantile));
    }
    FRESHET_TRY(EventSource source, EventSource::Open(options_.input));
    while (options_.limit == 0 || events_ < options_.limit) {
      FRESHET_TRY(auto event, source.Next());
      if (!event) break;
      ++events_;
      batch_.push_back(std::move(*event));
      if (batch_.size() >= options_.batch) FRESHET_CHECK(CloseBatch());
    }
    FRESHET_CHECK(CloseBatch());
    evaluation_.Count("first_of_user", first_of_user_);
    evaluation_.Count("repeats", repeats_);
    return {};
  }

 private:
  bool IsDue(const EvaluationEvent& event, std::uint64_t number) const {
    if (!evaluation_.IsTarget(event)) return false;
    if (number < options_.warm_up || number % options_.every != 0) return false;
    return !score_after_ || event.at > *score_after_;
  }

  Result<void> CloseBatch() {
    std::uint64_t number = events_ - batch_.size();
    for (const EvaluationEvent& event : batch_) {
      if (IsDue(event, number++)) FRESHET_CHECK(Test(event));
    }
    const bool frozen =
        options_.frozen && score_after_ && !batch_.empty() && batch_.back().at > *score_after_;
    FRESHET_CHECK(evaluation_.Learn(
        batch_, frozen ? OfflineRecommender::Learning::kUsersOnly : OfflineRecommender::Learning::kAll));
    batch_.clear();
    return {};
  }

  static bool IsCold(const Evaluation::KnownEvents& known) {
    return known.of_item < kColdItemEvents ||
           std::find(kColdUsers.begin(), kColdUsers.end(), known.of_user) != kColdUsers.end();
  }

  Result<void> Test(const EvaluationEvent& event) {
    if (options_.cold_start) {
      FRESHET_TRY(const auto known, evaluation_.KnownBefore(event));
      if (!IsCold(known)) return {};
    }
    FRESHET_CHECK(evaluation_.Rank(event.user_id, event.at));
    if (evaluation_.user().facts.events == 0 && !options_.cold_start) {
      ++first_of_user_;
      return {};
    }
    if (!options_.repeats && evaluation_.SeenBefore(event.item_id)) {
      ++repeats_;
      return {};
    }
    return evaluation_.Score(event);
  }

  const PrequentialOptions& options_;
  Evaluation& evaluation_;
  std::optional<Timestamp> score_after_;
  std::vector<EvaluationEvent> batch_;
  std::uint64_t events_ = 0;
  std::uint64_t first_of_user_ = 0;
  std::uint64_t repeats_ = 0;
};

Result<EvaluationReport> Run(const std::string& protocol, const PrequentialOptions& options,
                             const EvaluationOptions& evaluation, const Clock& clock) {
  EvaluationOptions own = evaluation;
  own.recommender.user.rank.allow_repeats = options.repeats;
  own.cold_start = options.cold_start;
  own.parts = options.parts;
  Evaluation run(own, clock);
  FRESHET_CHECK(run.Open());
  FRESHET_CHECK(Prequential(options, run).Run());
  return run.FinishLists(protocol, options.input.path);
}

}  // namespace

Result<EvaluationReport> EvaluatePrequential(const PrequentialOptions& options,
                                             const EvaluationOptions& evaluation, const Clock& clock) {
  return Run("prequential", options, evaluation, clock);
}

Result<EvaluationReport> EvaluateTemporal(const PrequentialOptions& options,
                                          const EvaluationOptions& evaluation, const Clock& clock) {
  return Run("temporal", options, evaluation, clock);
}

}  // namespace freshet
