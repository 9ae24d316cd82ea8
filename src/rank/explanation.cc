#include "rank/explanation.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "models/content_code.h"
#include "models/decay.h"
#include "rank/list_policy.h"

namespace freshet {
namespace {

struct Deed {
  std::string_view code;
  std::string_view verb;
};

/// What the user did, for the reason's code and text.
Deed DeedOf(const HistoryEvent& event, const ExplainOptions& options) {
  if (options.ratings_input == event.input) return {"BECAUSE_YOU_RATED", "rated"};
  switch (event.type) {
    case InteractionType::kPurchase:
      return {"BECAUSE_YOU_BOUGHT", "bought"};
    case InteractionType::kComplete:
      return {"BECAUSE_YOU_COMPLETED", "completed"};
    case InteractionType::kBookmark:
      return {"BECAUSE_YOU_SAVED", "saved"};
    case InteractionType::kLike:
      return {"BECAUSE_YOU_SAVED", "liked"};
    case InteractionType::kAddToCart:
      return {"BECAUSE_YOU_SAVED", "put into the cart"};
    case InteractionType::kEnrol:
      return {"BECAUSE_YOU_SAVED", "enrolled in"};
    case InteractionType::kApply:
      return {"BECAUSE_YOU_SAVED", "applied for"};
    case InteractionType::kShare:
      return {"BECAUSE_YOU_VIEWED", "shared"};
    case InteractionType::kStart:
      return {"BECAUSE_YOU_VIEWED", "started"};
    case InteractionType::kProgress:
      return {"BECAUSE_YOU_VIEWED", "worked on"};
    default:
      return {"BECAUSE_YOU_VIEWED", "viewed"};
  }
}

std::string_view NameOf(const ItemModel& item) {
  return item.title.empty() ? std::string_view(item.item_id) : std::string_view(item.title);
}

const RowCell* FindCell(const ItemModel& item, ItemKey other) {
  const auto cell =
      std::find_if(item.row.begin(), item.row.end(), [&](const RowCell& c) { return c.item == other; });
  return cell == item.row.end() ? nullptr : &*cell;
}

std::string_view CodeOf(EvidenceKind kind, const Deed& deed) {
  if (kind == EvidenceKind::kSimilarUsers || kind == EvidenceKind::kSimilarSessions) return "USERS_LIKE_YOU";
  return kind == EvidenceKind::kSimilarContent ? std::string_view("SIMILAR_TO") : deed.code;
}

/// True for evidence that counts events with both items.
bool ByRows(EvidenceKind kind) {
  return kind == EvidenceKind::kFollows || kind == EvidenceKind::kTogether || kind == EvidenceKind::kSamePast;
}

std::string PastText(EvidenceKind kind, std::string_view name, std::string_view verb) {
  switch (kind) {
    case EvidenceKind::kFollows:
      return fmt::format("Often chosen after {}, which you {}", name, verb);
    case EvidenceKind::kTogether:
      return fmt::format("Often goes together with {}, which you {}", name, verb);
    case EvidenceKind::kSamePast:
      return fmt::format("People who had {}, which you {}, often had this too", name, verb);
    case EvidenceKind::kSimilarSessions:
      return fmt::format("People in sessions like yours went on to this; {}, which you {}, counts most", name,
                         verb);
    case EvidenceKind::kOwnPast:
      return fmt::format("You {} it not long ago", verb);
    case EvidenceKind::kSimilarContent:
      return fmt::format("Similar in content to {}, which you {}", name, verb);
    default:
      return fmt::format("People like you chose this; {}, which you {}, counts most", name, verb);
  }
}

}  // namespace

std::string CoordinatesOf(const HistoryEvent& event, const EvidenceOrigin& origin) {
  if (event.input >= origin.topics.size()) return {};
  const Partition partition = event.from.value >= 0 ? event.from : origin.partition;
  return fmt::format("{}/{}/{}", origin.topics[event.input], partition.value, event.offset.value);
}

RecommendedItem Explainer::Explain(std::size_t index, const UserSignals& signals, const ItemView& view,
                                   const EvidenceOrigin& origin, RankScratch& scratch) const {
  const RankedItem& entry = scratch.list.items[index];
  RecommendedItem item;
  item.rank = static_cast<std::int32_t>(index + 1);
  item.item_id = entry.item->item_id;
  item.item_type = entry.item->item_type;
  item.title = entry.item->title;
  item.score = entry.score;
  const auto names = builder_.PartNames();
  item.score_parts.reserve(names.size());
  for (std::size_t b = 0; b < names.size(); ++b) {
    if (entry.parts[b] != 0) item.score_parts.push_back({std::string(names[b]), entry.parts[b]});
  }
  for (std::size_t p = 0; p < kPolicyParts.size(); ++p) {
    if (entry.policy_parts[p] != 0)
      item.score_parts.push_back({std::string(kPolicyParts[p]), entry.policy_parts[p]});
  }
  for (std::uint32_t left = entry.proposed_by; left != 0; left &= left - 1) {
    const auto bit = static_cast<std::size_t>(std::countr_zero(left));
    item.sources.emplace_back(bit == CandidatePool::kProposedByRule         ? kPolicyParts[kRulesPart]
                              : bit == CandidatePool::kProposedAsUnfinished ? kPolicyParts[kUnfinishedPart]
                                                                            : names[bit]);
  }
  for (const Cause& cause : Strongest(Causes(entry, signals, scratch))) {
    if (IsRatings(cause.part)) {
      item.reasons.push_back(FromRatings(cause, entry, view, signals, scratch));
      if (cause.place != kNoPlace)
        AddEvents(scratch.places[cause.place], signals, origin, item.reasons.back().evidence);
      continue;
    }
    if (cause.place == kNoPlace) {
      item.reasons.push_back(FromOthers(cause, entry, signals, scratch));
      continue;
    }
    item.reasons.push_back(FromPast(cause, entry, signals, scratch));
    AddEvents(scratch.places[cause.place], signals, origin, item.reasons.back().evidence);
  }
  if (entry.policy_parts[kUnfinishedPart] > 0) AddUnfinished(entry, signals, origin, item);
  if (item.reasons.empty()) AddFallback(entry, item);
  item.pinned = entry.pinned;
  if (entry.propensity > 0) item.propensity = entry.propensity;
  if (entry.explored) AddExploration(item);
  if (entry.pinned || entry.policy_parts[kRulesPart] != 0) AddRules(entry, signals, item);
  return item;
}

std::vector<Explainer::Cause> Explainer::Causes(const RankedItem& entry, const UserSignals& signals,
                                                RankScratch& scratch) const {
  std::vector<Cause> causes;
  std::array<float, kFactorPlaces> memory;
  const std::span<float> by_place = std::span(memory).first(scratch.place_count);
  const auto generators = builder_.Generators();
  for (std::size_t g = 0; g < generators.size(); ++g) {
    if (entry.parts[g] <= 0) continue;
    if (generators[g].evidence == EvidenceKind::kPopular ||
        generators[g].evidence == EvidenceKind::kSegment) {
      causes.push_back({g, kNoPlace, entry.parts[g]});
      continue;
    }
    builder_.Attribute(signals, entry, g, scratch, by_place);
    double raw = 0;  // over what speaks for the item, so that shares of one part never exceed it
    for (std::size_t i = 0; i < by_place.size(); ++i) {
      // Sessions and the network can know an item before the view has a name for it.
      const bool named = by_place[i] > 0 && scratch.place_items[i] != nullptr;
      by_place[i] = named ? by_place[i] : 0;
      raw += static_cast<double>(by_place[i]);
    }
    const double wished = WishedFor(entry, generators[g], signals);
    raw += wished;
    if (wished > 0) causes.push_back({g, kNoPlace, entry.parts[g] * (wished / raw)});
    for (std::size_t i = 0; i < by_place.size(); ++i) {
      if (by_place[i] > 0)
        causes.push_back({g, i, entry.parts[g] * (static_cast<double>(by_place[i]) / raw)});
    }
  }
  AddRatingCauses(entry, signals, scratch, causes);
  return causes;
}

double Explainer::WishedFor(const RankedItem& entry, const GeneratorInfo& generator,
                            const UserSignals& signals) const {
  if (generator.evidence != EvidenceKind::kSimilarContent || signals.wish == nullptr) return 0;
  return std::max(static_cast<double>(ContentProduct(DecodeContent(*signals.wish), entry.item->content)),
                  0.0);
}

void Explainer::AddRatingCauses(const RankedItem& entry, const UserSignals& signals, RankScratch& scratch,
                                std::vector<Cause>& causes) const {
  const std::size_t part = builder_.generators() + kRatingsFeature;
  if (signals.ratings == nullptr || entry.parts[part] <= 0) return;
  std::array<float, kFactorPlaces> by_place{};
  if (signals.ratings->slope != 0 && scratch.user_factor.known() && entry.item->has_factor) {
    scratch.user_factor.Contributions(entry.item->factor, std::span(by_place).first(scratch.place_count));
  }
  const double own = std::max(static_cast<double>(entry.item->rating_bias), 0.0);
  std::array<double, kFactorPlaces> stars{};
  double raw = own;  // over what speaks for the item, as for the generators
  for (std::size_t i = 0; i < scratch.place_count; ++i) {
    stars[i] = std::max(signals.ratings->slope * static_cast<double>(by_place[i]), 0.0);
    raw += stars[i];
  }
  if (raw <= 0) return;
  if (own > 0) causes.push_back({part, kNoPlace, entry.parts[part] * (own / raw)});
  for (std::size_t i = 0; i < scratch.place_count; ++i) {
    if (stars[i] > 0) causes.push_back({part, i, entry.parts[part] * (stars[i] / raw)});
  }
}

std::vector<Explainer::Cause> Explainer::Strongest(std::vector<Cause> causes) const {
  std::sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    if (a.contribution != b.contribution) return a.contribution > b.contribution;
    return a.part != b.part ? a.part < b.part : a.place < b.place;
  });
  std::vector<Cause> chosen;
  for (const Cause& cause : causes) {
    if (chosen.size() == options_.reasons) break;
    const bool named = std::any_of(chosen.begin(), chosen.end(),
                                   [&](const Cause& other) { return other.place == cause.place; });
    if (!named) chosen.push_back(cause);
  }
  return chosen;
}

Reason Explainer::ReasonBy(const Cause& cause) const {
  Reason reason;
  reason.part = builder_.PartNames()[cause.part];
  reason.contribution = cause.contribution;
  return reason;
}

Reason Explainer::FromPast(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                           const RankScratch& scratch) const {
  const WindowItem& place = scratch.places[cause.place];
  const ItemModel& past = *scratch.place_items[cause.place];
  const EvidenceKind kind = builder_.Generators()[cause.part].evidence;
  const Deed deed = DeedOf(signals.history[place.strongest], options_);
  Reason reason = ReasonBy(cause);
  reason.code = CodeOf(kind, deed);
  reason.text = PastText(kind, NameOf(past), deed.verb);
  reason.evidence.item_id = past.item_id;
  const RowCell* cell = ByRows(kind) ? FindCell(past, entry.item->key) : nullptr;
  if (cell != nullptr) {
    const float weight = kind == EvidenceKind::kSamePast   ? cell->together
                         : kind == EvidenceKind::kTogether ? cell->near
                                                           : cell->forward;
    reason.evidence.co_count = ValueAt({static_cast<double>(weight), past.row_landmark}, signals.now,
                                       builder_.options().row_half_life);
  }
  return reason;
}

Reason Explainer::FromRatings(const Cause& cause, const RankedItem& entry, const ItemView& view,
                              const UserSignals& signals, const RankScratch& scratch) const {
  RatingContext context = RatingContextOf(*entry.item, &scratch.user_factor);
  context.mean = view.Global().rating_mean;
  Reason reason = ReasonBy(cause);
  reason.evidence.predicted_rating = RatingModel().Predict(*signals.ratings, context).value;
  if (cause.place == kNoPlace) {
    reason.code = "POPULAR";
    reason.text =
        fmt::format("Rated {:.1f} stars above the average by {}", entry.item->rating_bias,
                    entry.item->ratings == 1 ? "one person" : fmt::format("{} people", entry.item->ratings));
    reason.evidence.count = static_cast<double>(entry.item->ratings);
    return reason;
  }
  const WindowItem& place = scratch.places[cause.place];
  const ItemModel& past = *scratch.place_items[cause.place];
  const Deed deed = DeedOf(signals.history[place.strongest], options_);
  reason.code = "USERS_LIKE_YOU";
  reason.text = fmt::format("You would rate it high: people who {} {} did", deed.verb, NameOf(past));
  reason.evidence.item_id = past.item_id;
  return reason;
}

Reason Explainer::FromWish(const Cause& cause) const {
  Reason reason = ReasonBy(cause);
  reason.code = "MATCHES_INTEREST";
  reason.text = "Matches what your profile says";
  return reason;
}

Reason Explainer::FromOthers(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                             const RankScratch& scratch) const {
  switch (builder_.Generators()[cause.part].evidence) {
    case EvidenceKind::kSimilarContent:
      return FromWish(cause);
    case EvidenceKind::kSegment:
      return FromSegment(cause, entry, scratch.pool.segment_lifts());
    default:
      return FromPopularity(cause, entry, signals, scratch.list.cold);
  }
}

Reason Explainer::FromSegment(const Cause& cause, const RankedItem& entry, const SegmentLifts& lifts) const {
  const SegmentLifts::Loudest loudest = lifts.LoudestOf(*entry.item);
  Reason reason = ReasonBy(cause);
  reason.code = "POPULAR";
  reason.evidence.count = loudest.count;
  if (loudest.field != nullptr) {
    reason.text = fmt::format("Chosen more often by people whose profile says {}: {}", loudest.field->name,
                              loudest.field->value);
  } else if (lifts.beginner() && loudest.count > 0) {
    reason.text = "Often among the first things that people choose here";
  } else {
    reason.text = "Popular with others, people with a profile like yours among them";
  }
  return reason;
}

Reason Explainer::FromPopularity(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                                 bool cold) const {
  const std::size_t half_life = builder_.Generators()[cause.part].half_life;
  const double count = ValueAt(entry.item->popularity[half_life], signals.now,
                               builder_.options().popularity_half_lives[half_life]);
  const Timestamp first = entry.item->first_event;
  const bool is_new = first.ms != 0 && signals.now.ms - first.ms < options_.new_ms;
  Reason reason = ReasonBy(cause);
  reason.evidence.count = count;
  if (cold) {
    reason.code = "FALLBACK";
    reason.text = "Popular with others; we know nothing of your taste yet";
  } else if (is_new) {
    reason.code = "NEW";
    reason.text = fmt::format("New, and chosen {} times so far", entry.item->events);
  } else {
    reason.code = "POPULAR";
    reason.text = fmt::format("Popular: about {:.0f} recent events", std::max(count, 1.0));
  }
  return reason;
}

void Explainer::AddUnfinished(const RankedItem& entry, const UserSignals& signals,
                              const EvidenceOrigin& origin, RecommendedItem& item) const {
  const HistoryEvent& event = signals.history[FindUnfinished(*signals.unfinished, entry.item->key)->event];
  const Deed deed = DeedOf(event, options_);
  Reason reason;
  reason.code = deed.code;
  reason.part = kPolicyParts[kUnfinishedPart];
  reason.contribution = entry.policy_parts[kUnfinishedPart];
  reason.text = fmt::format("Not finished yet: {}", deed.verb);
  reason.evidence.item_id = entry.item->item_id;
  AddEvent(event, origin, reason.evidence);
  item.reasons.push_back(std::move(reason));
}

void Explainer::AddExploration(RecommendedItem& item) {
  constexpr std::string_view kPart = "exploration";
  item.score_parts.push_back({std::string(kPart), 0});  // a reason's part is always among the parts
  item.reasons.push_back({"TRY_SOMETHING_DIFFERENT",
                          std::string(kPart),
                          0,
                          "Something different: drawn from what else could suit you",
                          {}});
}

void Explainer::AddRules(const RankedItem& entry, const UserSignals& signals, RecommendedItem& item) const {
  const double amount = entry.policy_parts[kRulesPart];
  Reason reason;
  reason.code = entry.pinned || amount > 0 ? "PROMOTED" : "DEMOTED";
  reason.part = kPolicyParts[kRulesPart];
  reason.contribution = amount;
  reason.evidence.rules = signals.policy->rules().NamesFor(*entry.item, entry.pinned);
  reason.text = fmt::format("{} by configuration: {}",
                            entry.pinned ? "Held in this place"
                            : amount > 0 ? "Raised"
                                         : "Lowered",
                            fmt::join(reason.evidence.rules, ", "));
  if (amount == 0) item.score_parts.push_back({reason.part, 0});  // a reason's part is always among the parts
  item.reasons.push_back(std::move(reason));
}

void Explainer::AddFallback(const RankedItem& entry, RecommendedItem& item) const {
  const auto names = builder_.PartNames();
  const auto largest =
      std::max_element(entry.parts.begin(), entry.parts.begin() + static_cast<std::ptrdiff_t>(names.size()));
  const std::string part(names[static_cast<std::size_t>(largest - entry.parts.begin())]);
  if (*largest == 0) item.score_parts.push_back({part, 0});  // a reason's part is always among the parts
  item.reasons.push_back({"FALLBACK", part, std::max(*largest, 0.0), "The best of what is left", {}});
}

void Explainer::AddEvent(const HistoryEvent& event, const EvidenceOrigin& origin, Evidence& evidence) {
  if (!event.event_id.empty()) evidence.event_ids.push_back(event.event_id);
  std::string coordinates = CoordinatesOf(event, origin);
  if (!coordinates.empty()) evidence.coordinates.push_back(std::move(coordinates));
}

void Explainer::AddEvents(const WindowItem& place, const UserSignals& signals, const EvidenceOrigin& origin,
                          Evidence& evidence) const {
  AddEvent(signals.history[place.strongest], origin, evidence);
  std::size_t left = options_.evidence_events - 1;
  for (std::size_t i = place.newest + 1; i-- > 0 && left > 0;) {
    const HistoryEvent& event = signals.history[i];
    if (event.item != place.item || i == place.strongest) continue;
    if (event.weight < 0) break;  // it cancelled what came before
    if (event.weight == 0) continue;
    AddEvent(event, origin, evidence);
    --left;
  }
}

}  // namespace freshet
