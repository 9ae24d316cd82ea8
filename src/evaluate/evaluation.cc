#include "evaluate/evaluation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "base/hash.h"
#include "base/process_memory.h"

namespace freshet {
namespace {

constexpr std::array<std::string_view, 5> kAgeNames = {"never seen", "below 1 day", "below 7 days",
                                                       "below 30 days", "30 days and more"};

constexpr std::array<std::string_view, kColdUsers.size()> kColdUserNames = {
    "user after 0 events", "user after 1 event", "user after 3 events", "user after 5 events"};
constexpr std::array<std::string_view, 1> kColdItemNames = {"item below 20 events"};

std::size_t AgeGroupOf(const ItemModel* item, Timestamp at) {
  constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
  if (item == nullptr || item->events == 0) return 0;
  const std::int64_t age = at.ms - item->first_event.ms;
  if (age < kDayMs) return 1;
  if (age < 7 * kDayMs) return 2;
  return age < 30 * kDayMs ? 3 : 4;
}

template <typename Metrics, std::size_t kGroups, typename Figures>
EvaluationReport::Breakdown BreakdownOf(const std::string& by,
                                        const std::array<std::string_view, kGroups>& names,
                                        const std::array<Metrics, kGroups>& metrics, Figures figures_of) {
  EvaluationReport::Breakdown breakdown{by, {}};
  for (std::size_t g = 0; g < kGroups; ++g) {
    if (metrics[g].count() == 0) continue;
    breakdown.groups.push_back({std::string(names[g]), metrics[g].count(), figures_of(metrics[g])});
  }
  return breakdown;
}

}  // namespace

double Evaluation::Stopwatch::Microseconds() const {
  if (times == 0) return 0;
  return std::chrono::duration<double, std::micro>(spent).count() / static_cast<double>(times);
}

Evaluation::Evaluation(const EvaluationOptions& options, const Clock& clock)
    : options_(options), clock_(clock), recommender_(options.recommender), start_(clock.Steady()) {
  if (!options_.parts) return;
  std::vector<std::string> generators;
  for (const GeneratorInfo& generator : recommender_.Generators()) generators.emplace_back(generator.name);
  parts_.emplace(options_.model, std::move(generators));
}

Result<void> Evaluation::Open() {
  if (options_.save_scores.empty()) return {};
  FRESHET_TRY(scores_, LineWriter::Open(options_.save_scores));
  return scores_->Write(options_.ratings ? "user\titem\ttime\thistory\tprediction"
                                         : "user\titem\ttime\thistory\trank");
}

Result<void> Evaluation::Learn(std::span<const EvaluationEvent> batch,
                               OfflineRecommender::Learning learning) {
  const auto before = options_.work_time();
  for (const EvaluationEvent& event : batch) recommender_.Add(event.event, event.at);
  if (const auto closed = recommender_.Close(learning); !closed) {
    return closed.error().Within(fmt::format("line {}", batch.empty() ? 0 : batch.back().line));
  }
  updates_.spent += options_.work_time() - before;
  updates_.times += batch.size();
  learned_ += batch.size();
  options_.progress(learned_);
  return {};
}

bool Evaluation::IsTarget(const EvaluationEvent& event) const {
  if (event.user_id.empty() || event.item_id.empty()) return false;
  const UserOperatorOptions& user = options_.recommender.user;
  if (const auto* interaction = std::get_if<Interaction>(&event.event)) {
    return interaction->type != InteractionType::kRetract && user.weights.Of(*interaction) > 0;
  }
  if (const auto* rating = std::get_if<Rating>(&event.event)) {
    if (!rating->rating) return false;
    const double on_five = RatingOnFive(*rating->rating, rating->scale_min, rating->scale_max);
    return (on_five - 1) / 4 >= user.rating_like_from;
  }
  const auto* feedback = std::get_if<Feedback>(&event.event);
  return feedback != nullptr &&
         (feedback->type == FeedbackType::kClick || feedback->type == FeedbackType::kAccept);
}

Result<void> Evaluation::LearnAll(const InteractionList& list) {
  for (std::uint32_t row = 0; row < list.rows.size(); ++row) {
    const EvaluationEvent event = list.ClickOf(row);
    FRESHET_CHECK(Learn(std::span(&event, 1)));
  }
  return {};
}

Result<void> Evaluation::Rank(const std::string& user_id, Timestamp at) {
  const auto before = options_.work_time();
  auto user = recommender_.Load(user_id);
  if (!user.ok()) return user.error();
  user_.emplace(std::move(*user));
  list_at_ = at;
  const RankedList& ranked = recommender_.Rank(*user_, {at, kRankedMax});
  queries_.spent += options_.work_time() - before;
  ++queries_.times;
  list_.clear();
  listed_.clear();
  for (const RankedItem& entry : ranked.items) {
    list_.push_back({entry.item->key, entry.score});
    listed_.push_back(entry.item);
  }
  return {};
}

bool Evaluation::SeenBefore(const std::string& item_id) const {
  return recommender_.Seen(KeyOfItem(item_id));
}

Result<Evaluation::KnownEvents> Evaluation::KnownBefore(const EvaluationEvent& event) {
  const auto user = recommender_.Load(event.user_id);
  if (!user.ok()) return user.error();
  const ItemModel* item = recommender_.view().Find(KeyOfItem(event.item_id));
  return KnownEvents{user->facts.events, item == nullptr ? 0 : item->events};
}

void Evaluation::ScoreCold(const ItemModel* item, std::optional<std::size_t> rank) {
  for (std::size_t g = 0; g < kColdUsers.size(); ++g) {
    if (user_->facts.events == kColdUsers[g]) cold_users_[g].Add(rank);
  }
  if (item == nullptr || item->events < kColdItemEvents) cold_items_[0].Add(rank);
}

Result<void> Evaluation::Score(const EvaluationEvent& taken) {
  const ItemKey target = KeyOfItem(taken.item_id);
  const std::optional<std::size_t> rank = RankOf(list_, target);
  const ItemModel* item = recommender_.view().Find(target);
  metrics_.Add(rank);
  by_history_[HistoryGroupOf(user_->facts.events)].Add(rank);
  by_age_[AgeGroupOf(item, list_at_)].Add(rank);
  if (options_.cold_start) ScoreCold(item, rank);
  if (parts_) parts_->Add(rank, recommender_.pool(), target);
  statistics_.AddList(listed_, learned_);
  statistics_.AddTaken(item == nullptr ? 0 : item->events);
  ++targets_;
  if (recommender_.OnShortlist(target)) ++targets_in_pool_;
  return Save(taken.user_id, taken.item_id, rank);
}

Result<void> Evaluation::ScoreMany(const std::string& user_id, std::span<const std::string> taken) {
  std::vector<std::size_t> ranks;
  for (const std::string& item_id : taken) {
    const ItemKey target = KeyOfItem(item_id);
    const std::optional<std::size_t> rank = RankOf(list_, target);
    if (rank) ranks.push_back(*rank);
    const ItemModel* item = recommender_.view().Find(target);
    statistics_.AddTaken(item == nullptr ? 0 : item->events);
    ++targets_;
    if (recommender_.OnShortlist(target)) ++targets_in_pool_;
    FRESHET_CHECK(Save(user_id, item_id, rank));
  }
  std::sort(ranks.begin(), ranks.end());
  metrics_.Add(ranks, taken.size());
  by_history_[HistoryGroupOf(user_->facts.events)].Add(ranks, taken.size());
  statistics_.AddList(listed_, learned_);
  return {};
}

Result<void> Evaluation::Save(const std::string& user_id, const std::string& item_id,
                              std::optional<std::size_t> rank) {
  if (!scores_) return {};
  return scores_->Write(fmt::format("{}\t{}\t{}\t{}\t{}", user_id, item_id, list_at_.ms, user_->facts.events,
                                    rank.value_or(0)));
}

Result<double> Evaluation::Predict(const EvaluationEvent& event) {
  const Rating& rating = std::get<Rating>(event.event);
  const auto before = options_.work_time();
  auto user = recommender_.Load(event.user_id);
  if (!user.ok()) return user.error();
  user_.emplace(std::move(*user));
  list_at_ = event.at;
  const double on_five = recommender_.PredictRating(*user_, KeyOfItem(event.item_id), event.at);
  queries_.spent += options_.work_time() - before;
  ++queries_.times;
  return rating.scale_min + (on_five - 1) / 4 * (rating.scale_max - rating.scale_min);
}

Result<void> Evaluation::ScoreRating(const EvaluationEvent& event) {
  FRESHET_TRY(const double predicted, Predict(event));
  const Rating& rating = std::get<Rating>(event.event);
  const RatingMetrics::Scale scale{rating.scale_min, rating.scale_max};
  ratings_.Add(predicted, *rating.rating, scale);
  ratings_by_history_[HistoryGroupOf(user_->facts.ratings.ratings)].Add(predicted, *rating.rating, scale);
  if (!scores_) return {};
  return scores_->Write(fmt::format("{}\t{}\t{}\t{}\t{:.6f}", event.user_id, event.item_id, event.at.ms,
                                    user_->facts.ratings.ratings, predicted));
}

Result<EvaluationReport> Evaluation::FinishLists(const std::string& protocol, const std::string& input) {
  FRESHET_TRY(EvaluationReport report, Finish(protocol, input));
  report.n = metrics_.count();
  report.metrics = FiguresOf(metrics_);
  AddFigures(statistics_, recommender_.view().ItemCount(), report.metrics);
  const double pool =
      targets_ == 0 ? 0 : static_cast<double>(targets_in_pool_) / static_cast<double>(targets_);
  report.metrics.emplace_back("pool_recall", pool);
  report.by.push_back(BreakdownOf("history_length", kHistoryGroupNames, by_history_, &ShortFiguresOf));
  if (options_.cold_start) {
    report.by.push_back(BreakdownOf("cold_users", kColdUserNames, cold_users_, &ShortFiguresOf));
    report.by.push_back(BreakdownOf("cold_items", kColdItemNames, cold_items_, &ShortFiguresOf));
  }
  if (parts_) report.parts = parts_->Hits();
  report.by.push_back(BreakdownOf("item_age", kAgeNames, by_age_, &ShortFiguresOf));
  return report;
}

Result<EvaluationReport> Evaluation::FinishRatings(const std::string& protocol, const std::string& input) {
  FRESHET_TRY(EvaluationReport report, Finish(protocol, input));
  report.n = ratings_.count();
  report.metrics = FiguresOf(ratings_);
  report.by.push_back(
      BreakdownOf("history_length", kHistoryGroupNames, ratings_by_history_,
                  static_cast<std::vector<NamedFigure> (*)(const RatingMetrics&)>(&FiguresOf)));
  return report;
}

Result<EvaluationReport> Evaluation::Finish(const std::string& protocol, const std::string& input) {
  if (scores_) FRESHET_CHECK(scores_->Close());
  EvaluationReport report;
  report.protocol = protocol;
  report.input = input;
  report.model = options_.model;
  report.counts = counts_;
  report.counts.emplace_back("learned", learned_);
  const double seconds = std::chrono::duration<double>(clock_.Steady() - start_).count();
  report.cost.events_per_second = seconds > 0 ? static_cast<double>(learned_) / seconds : 0;
  report.cost.update_us = updates_.Microseconds();
  report.cost.query_us = queries_.Microseconds();
  report.cost.peak_rss_bytes = PeakResidentBytes();
  return report;
}

}  // namespace freshet
