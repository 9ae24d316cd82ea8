#include "operators/user_lists.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"
#include "operators/live_evaluation.h"
#include "rank/generator_list.h"

namespace freshet {
namespace {

std::size_t GeneratorNamed(const ListBuilder& builder, std::string_view name) {
  const auto part = builder.PartNamed(name);
  FRESHET_ASSERT(part && *part < builder.generators());
  return *part;
}

/// Seven decimals: half the bytes of a list, and nine parts still sum to their score within 1e-6.
double Rounded(double value) { return std::round(value * 1e7) / 1e7; }

void RoundNumbers(RecommendedItem& item) {
  item.score = Rounded(item.score);
  if (item.propensity) item.propensity = std::max(Rounded(*item.propensity), 1e-7);
  for (ScorePart& part : item.score_parts) part.value = Rounded(part.value);
  for (Reason& reason : item.reasons) {
    reason.contribution = std::floor(reason.contribution * 1e7) / 1e7;  // never above its part
    if (reason.evidence.count) reason.evidence.count = Rounded(*reason.evidence.count);
    if (reason.evidence.co_count) reason.evidence.co_count = Rounded(*reason.evidence.co_count);
    if (reason.evidence.predicted_rating)
      reason.evidence.predicted_rating = Rounded(*reason.evidence.predicted_rating);
  }
}

}  // namespace

float InteractionWeights::Of(const Interaction& interaction) const {
  if (interaction.type == InteractionType::kCustom) {
    const auto at = custom.find(interaction.custom_type);
    return at == custom.end() ? 0 : at->second;
  }
  return by_type[static_cast<std::size_t>(interaction.type)];
}

UserLists::UserLists(const UserOperatorOptions& options)
    : options_(options),
      builder_(options.rank),
      explainer_(builder_,
                 [] {
                   ExplainOptions explain;
                   explain.ratings_input = kRatingsInput;
                   explain.reasons = 2;  // what people read of an item; a list of 20 is some 17 KB
                   return explain;
                 }()),
      scratch_(options.rank),
      baseline_(GeneratorNamed(builder_, kBaselineGenerator)) {
  FRESHET_ASSERT(!options.policies.strategies.empty());
  for (const Strategy& strategy : options.policies.strategies)
    policies_.emplace_back(options.policies, strategy);
  const std::string& challenger = options.evaluation.challenger;
  if (!challenger.empty()) challenger_ = GeneratorNamed(builder_, challenger);
}

UserSignals UserLists::Signals(const Before& before, const ItemSet& seen, const Request& request) const {
  const UserState& user = before.user;
  UserSignals signals{user.history().first(before.events),
                      seen,
                      hidden_.items,
                      request.now,
                      request.k,
                      &user.facts.mix,
                      hidden_.facets,
                      &user.facts.ratings};
  signals.live_session = user.facts.session.Key(options_.partition);
  signals.wish = user.wish();
  signals.segments = user.segments();
  return signals;
}

UserSignals UserLists::ListSignals(const UserState& user, const Request& request) const {
  const ListPolicy& policy = policies_[request.strategy];
  const bool own = policy.strategy().candidates == Strategy::Candidates::kUnfinished;
  UserSignals signals = Signals({user, user.history().size()}, own ? nothing_ : seen_, request);
  signals.policy = &policy;
  signals.seed = MixBits(Hash64(user.user_id()) ^ MixBits(user.facts.events));
  signals.history = PastOf(policy.strategy().past, signals.history);
  if (own) signals.unfinished = &unfinished_;
  return signals;
}

Result<std::size_t> UserLists::StrategyNamed(std::string_view name) const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < policies_.size(); ++i) {
    names.push_back(policies_[i].strategy().name);
    if (names.back() == name) return i;
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("strategy is \"{}\"; write one of {}", name, fmt::join(names, ", ")));
}

const RankedList& UserLists::RankFor(ItemKey item, const ItemView& view, const Request& request) {
  looked_at_ = {};
  looked_at_.item = item;
  looked_at_.at = request.now;
  looked_at_.weight = 1;
  looked_at_.taught = kOpensSession;
  seen_.clear();
  seen_.insert(item);
  UserSignals signals{{&looked_at_, 1}, seen_, nothing_, request.now, request.k};
  signals.policy = &policies_[request.strategy];
  return builder_.Build(signals, view, builder_.WeightsFrom(view.Global()), scratch_);
}

const RankedList& UserLists::Rank(const UserState& user, State& state, const ItemView& view,
                                  const Request& request) {
  seen_ = user.SeenItems(state);
  ResolveDismissals(user.dismissals(), request.now, view, hidden_);
  const Strategy& strategy = policies_[request.strategy].strategy();
  if (strategy.candidates == Strategy::Candidates::kUnfinished)
    unfinished_ = UnfinishedItems(PastOf(strategy.past, user.history()));
  return builder_.Build(ListSignals(user, request), view, builder_.WeightsFrom(view.Global()), scratch_);
}

RecommendationList UserLists::Explain(const UserState& user, const ItemView& view, const Request& request) {
  RecommendationList list;
  list.user_id = user.user_id();
  list.surface = policies_[request.strategy].strategy().name;
  list.model_name = "hybrid";
  list.model_version = FRESHET_VERSION;
  list.model_snapshot = view.Version();
  list.filtered = scratch_.list.filtered;
  list.status = scratch_.list.cold ? "cold" : "fresh";
  const UserSignals signals = ListSignals(user, request);
  const EvidenceOrigin origin{options_.topics, options_.partition};
  list.items.reserve(scratch_.list.items.size());
  for (std::size_t i = 0; i < scratch_.list.items.size(); ++i) {
    list.items.push_back(explainer_.Explain(i, signals, view, origin, scratch_));
    list.items.back().rank = static_cast<std::int32_t>(i + 1);
    RoundNumbers(list.items.back());
  }
  return list;
}

void UserLists::KeepStanding(StandingLists& standing) const {
  standing.Clear();
  std::array<ItemKey, StandingLists::kItems> keys;
  const std::span<ItemKey> items = std::span(keys).first(std::min(options_.publish.k, keys.size()));
  const std::size_t listed = std::min(items.size(), scratch_.list.items.size());
  for (std::size_t i = 0; i < listed; ++i) items[i] = scratch_.list.items[i].item->key;
  standing.Set(LiveModel::kHybrid, items.first(listed));
  if (standing.empty()) return;
  standing.Set(LiveModel::kPopularity, items.first(ListOfGenerator(scratch_.pool, baseline_, items)));
  if (!challenger_) return;
  standing.SetChallenger(LiveScores::ChallengerOf(options_.evaluation.challenger),
                         items.first(ListOfGenerator(scratch_.pool, *challenger_, items)));
}

std::uint64_t UserLists::DigestOf(const RankedList& list) {
  std::string keys;
  for (const RankedItem& item : list.items) AppendBigEndian(keys, item.item->key.value);
  return Hash64(keys);
}

bool UserLists::Learn(const Before& before, State& state, const ItemView& view, Lesson lesson,
                      Timestamp now) {
  seen_ = before.user.SeenItems(state, before.events);
  ResolveDismissals(before.user.dismissals(), now, view, hidden_);
  hidden_.items.erase(lesson.taken);  // it was taken all the same
  const UserSignals signals = Signals(before, seen_, {now, options_.publish.k});
  return builder_.Learn(signals, lesson, view, builder_.WeightsFrom(view.Global()), scratch_);
}

}  // namespace freshet
