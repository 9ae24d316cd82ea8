#include "rank/list_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/assert.h"
#include "rank/list_policy.h"

namespace freshet {
namespace {

std::span<const float> EffectsOf(const UserSignals& signals) {
  return signals.mix == nullptr ? std::span<const float>() : signals.mix->effects;
}

RankInput InputOf(const UserSignals& signals, RankScratch& scratch) {
  return {signals, scratch.pool.view(), std::span(scratch.places).first(scratch.place_count),
          std::span(scratch.place_items).first(scratch.place_count), scratch.user_factor};
}

}  // namespace

ListBuilder::ListBuilder(const RankOptions& options) : ListBuilder(options, DefaultSources(options)) {}

ListBuilder::ListBuilder(const RankOptions& options, std::vector<std::unique_ptr<CandidateSource>> sources)
    : options_(options), sources_(std::move(sources)) {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    first_.push_back(generators_.size());
    for (const GeneratorInfo& generator : sources_[s]->Generators()) {
      generators_.push_back(generator);
      source_of_.push_back(s);
      part_names_.push_back(generator.name);
    }
  }
  for (std::size_t b = 0; b < generators_.size() + kItemFeatures.size(); ++b) {
    if (b >= generators_.size() || !generators_[b].without_own) with_own_ |= 1U << b;
  }
  if (!options_.only_generator.empty()) {
    only_generator_ = PartNamed(options_.only_generator);
    FRESHET_ASSERT(only_generator_.has_value());
  }
  part_names_.insert(part_names_.end(), kItemFeatures.begin(), kItemFeatures.end());
  FRESHET_ASSERT(!generators_.empty());
  FRESHET_ASSERT(generators_.size() <= kGeneratorsMax);
  FRESHET_ASSERT(part_names_.size() <= kPartsMax);
}

std::optional<std::size_t> ListBuilder::PartNamed(std::string_view name) const {
  const auto part = std::find(part_names_.begin(), part_names_.end(), name);
  if (part == part_names_.end()) return std::nullopt;
  return static_cast<std::size_t>(part - part_names_.begin());
}

void ListBuilder::Collect(const UserSignals& signals, const ItemView& view, RankScratch& scratch) const {
  scratch.pool.Reset(signals, view, options_);
  scratch.place_count = CollectWindow(signals.history, scratch.places);
  for (std::size_t i = 0; i < scratch.place_count; ++i)
    scratch.place_items[i] = view.Find(scratch.places[i].item);
  if (signals.policy != nullptr) LimitCandidates(signals, scratch);
  const RankInput input = InputOf(signals, scratch);
  for (std::size_t s = 0; s < sources_.size(); ++s) sources_[s]->Propose(input, first_[s], scratch.pool);
  if (signals.policy != nullptr) ShortlistPins(signals.policy->rules(), scratch.pool);
  scratch.pool.CloseShortlist();
  for (std::size_t s = 0; s < sources_.size(); ++s) sources_[s]->Score(input, first_[s], scratch.pool);
  scratch.features.Fill(scratch.pool, generators_.size(), signals.now,
                        {signals.ratings, &scratch.user_factor});
  // An item's own user is among those who taught its counts. The mix would take that for the view's
  // knowledge, and miss it wherever the view is older than the user's last events.
  if (options_.allow_repeats && !only_generator_) scratch.features.BlankTaken(scratch.pool, with_own_);
}

const RankedList& ListBuilder::Build(const UserSignals& signals, const ItemView& view,
                                     const MixWeights& weights, RankScratch& scratch) const {
  FRESHET_ASSERT(weights.parts() == part_names_.size());
  Collect(signals, view, scratch);
  const PartWeights effective = EffectiveWeights(signals, weights);
  ScoreAll(effective, scratch);
  ScoreUnfinished(signals, scratch);
  if (signals.policy != nullptr && signals.policy->Arranges()) {
    Arrange(signals, scratch);
  } else {
    PickBest(signals.k, scratch);
  }
  FillList(effective, scratch);
  const auto places = std::span(scratch.places).first(scratch.place_count);
  scratch.list.filtered = scratch.pool.filtered();
  scratch.list.cold =
      std::none_of(places.begin(), places.end(), [](const WindowItem& place) { return place.strength > 0; });
  return scratch.list;
}

ListBuilder::PartWeights ListBuilder::EffectiveWeights(const UserSignals& signals,
                                                       const MixWeights& weights) const {
  PartWeights alone{};
  if (signals.policy != nullptr && signals.policy->HasOwnWeights()) {
    const auto& own = signals.policy->strategy().weights;
    for (std::size_t b = 0; b < part_names_.size(); ++b) {
      const auto weight = own.find(part_names_[b]);
      if (weight != own.end()) alone[b] = weight->second;
    }
    return alone;
  }
  if (!only_generator_) return weights.Effective(ContextOf(signals, options_.segments), EffectsOf(signals));
  alone[*only_generator_] = 1;
  return alone;
}

void ListBuilder::LimitCandidates(const UserSignals& signals, RankScratch& scratch) {
  const Strategy& strategy = signals.policy->strategy();
  scratch.limits = {};
  if (strategy.newer_than_ms > 0) scratch.limits.first_event_from = {signals.now.ms - strategy.newer_than_ms};
  if (strategy.other_categories && scratch.place_count > 0 && scratch.place_items[0] != nullptr)
    scratch.limits.not_category = scratch.place_items[0]->category;
  scratch.limits.only = signals.unfinished;
  scratch.pool.Limit(scratch.limits);
  if (signals.unfinished == nullptr) return;
  for (const UnfinishedItem& own : *signals.unfinished) {
    const std::uint32_t slot = scratch.pool.Add(own.item);
    if (slot != CandidatePool::kNotEligible)
      scratch.pool.ShortlistSlot(CandidatePool::kProposedAsUnfinished, slot);
  }
}

void ListBuilder::ScoreUnfinished(const UserSignals& signals, RankScratch& scratch) {
  constexpr double kDayMs = 86'400'000;
  scratch.unfinished.clear();
  if (signals.unfinished == nullptr) return;
  scratch.unfinished.assign(scratch.scores.size(), 0);
  for (std::size_t row = 0; row < scratch.scores.size(); ++row) {
    const UnfinishedItem* own =
        FindUnfinished(*signals.unfinished, scratch.pool.key(scratch.pool.shortlist()[row]));
    FRESHET_ASSERT(own != nullptr);  // there are no other candidates
    const std::int64_t age = std::max<std::int64_t>(0, signals.now.ms - signals.history[own->event].at.ms);
    scratch.unfinished[row] = kDayMs / (kDayMs + static_cast<double>(age));
    scratch.scores[row] += scratch.unfinished[row];
  }
}

void ListBuilder::ShortlistPins(const RuleBook& rules, CandidatePool& pool) {
  for (const Rule& pin : rules.Pins()) {
    for (const ItemKey item : pin.match.items) {
      const std::uint32_t slot = pool.Add(item);
      if (slot != CandidatePool::kNotEligible && pin.match.Holds(*pool.item(slot)))
        pool.ShortlistSlot(CandidatePool::kProposedByRule, slot);
    }
  }
}

void ListBuilder::ScoreAll(const PartWeights& weights, RankScratch& scratch) {
  const FeatureTable& features = scratch.features;
  std::vector<double>& scores = scratch.scores;
  scores.assign(features.rows(), 0.0);
  for (std::size_t b = 0; b < features.columns(); ++b) {
    const std::span<const float> column = features.column(b);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += weights[b] * static_cast<double>(column[i]);
  }
}

void ListBuilder::PickBest(std::size_t k, RankScratch& scratch) {
  const CandidatePool& pool = scratch.pool;
  const std::vector<double>& scores = scratch.scores;
  std::vector<std::uint32_t>& order = scratch.order;
  order.resize(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  const std::size_t count = std::min(k, order.size());
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    if (scores[a] != scores[b]) return scores[a] > scores[b];
    return pool.key(pool.shortlist()[a]) < pool.key(pool.shortlist()[b]);
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
  scratch.list.items.resize(count);
  for (std::size_t rank = 0; rank < count; ++rank) scratch.list.items[rank] = {Placed{order[rank]}};
}

void ListBuilder::Arrange(const UserSignals& signals, RankScratch& scratch) {
  const auto placed = scratch.arrangement.Make({scratch.pool, scratch.scores}, signals);
  scratch.list.items.resize(placed.size());
  for (std::size_t rank = 0; rank < placed.size(); ++rank) scratch.list.items[rank] = {placed[rank]};
}

void ListBuilder::FillList(const PartWeights& weights, RankScratch& scratch) {
  const FeatureTable& features = scratch.features;
  const CandidatePool& pool = scratch.pool;
  for (RankedItem& entry : scratch.list.items) {
    const std::uint32_t slot = pool.shortlist()[entry.row];
    entry.item = pool.item(slot);
    entry.proposed_by = pool.proposed_by(slot);
    entry.score = scratch.scores[entry.row];
    for (std::size_t b = 0; b < features.columns(); ++b)
      entry.parts[b] = weights[b] * features.at(entry.row, b);
    for (const double part : entry.policy_parts) entry.score += part;
    if (!scratch.unfinished.empty()) entry.policy_parts[kUnfinishedPart] = scratch.unfinished[entry.row];
  }
}

bool ListBuilder::Learn(const UserSignals& before, const Lesson& lesson, const ItemView& view,
                        const MixWeights& weights, RankScratch& scratch) const {
  FRESHET_ASSERT(weights.parts() == part_names_.size());
  Collect(before, view, scratch);
  const std::span<const std::uint32_t> shortlist = scratch.pool.shortlist();
  const auto taken = std::find_if(shortlist.begin(), shortlist.end(),
                                  [&](std::uint32_t slot) { return scratch.pool.key(slot) == lesson.taken; });
  if (taken == shortlist.end()) return false;
  const auto row = static_cast<std::size_t>(taken - shortlist.begin());
  const int sign = lesson.take_back ? -1 : 1;
  const MixContext context = ContextOf(before, options_.segments);
  lesson.delta.Learn({scratch.features, context, weights, EffectsOf(before), options_.mix_chance}, row, sign);
  if (lesson.user == nullptr) return true;
  if (!lesson.take_back) {
    std::array<double, kTasteFeatures> taste;
    for (std::size_t i = 0; i < kTasteFeatures; ++i) taste[i] = scratch.features.at(row, generators() + i);
    lesson.user->Taste(taste);
  }
  lesson.user->Learn(lesson.delta.gradient(), view.Global().mix.user_gain, sign);
  return true;
}

void ListBuilder::Attribute(const UserSignals& signals, const RankedItem& entry, std::size_t generator,
                            RankScratch& scratch, std::span<float> by_place) const {
  FRESHET_ASSERT(by_place.size() == scratch.place_count);
  const RankInput input = InputOf(signals, scratch);
  const std::size_t source = source_of_[generator];
  sources_[source]->Attribute(input, scratch.pool, generator - first_[source], entry.row, by_place);
}

}  // namespace freshet
