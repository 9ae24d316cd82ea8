#include "rank/explanation.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 600;
const std::vector<std::string> kTopics = {"interactions", "ratings"};

class Explanations : public testing::Test {
 protected:
  std::vector<RecommendedItem> ListFor(const std::vector<HistoryEvent>& history) {
    ItemSet seen;
    for (const HistoryEvent& event : history) seen.insert(event.item);
    const UserSignals signals{history, seen, {}, {SyntheticView::kNow}, 20, {}};
    builder_.Build(signals, view_, weights_, scratch_);
    std::vector<RecommendedItem> items;
    for (std::size_t i = 0; i < scratch_.list.items.size(); ++i) {
      items.push_back(explainer_.Explain(i, signals, view_, {kTopics, {3}}, scratch_));
    }
    return items;
  }

  SyntheticView view_{kItems, 60, 1};
  ListBuilder builder_{RankOptions{}};
  MixWeights weights_ = builder_.WeightsFrom(view_.Global());
  Explainer explainer_{builder_, {.ratings_input = 1}};
  RankScratch scratch_{builder_.options()};
};

double Part(const RecommendedItem& item, const std::string& name) {
  const auto found = std::find_if(item.score_parts.begin(), item.score_parts.end(),
                                  [&](const ScorePart& part) { return part.name == name; });
  EXPECT_NE(found, item.score_parts.end()) << name;
  return found == item.score_parts.end() ? 0 : found->value;
}

TEST_F(Explanations, AreAdditiveWhateverTheWeights) {
  EXPECT_TRUE(rc::check([this] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    for (double& weight : weights_.values()) weight = random.Uniform() * 3 - 1;
    const auto items = ListFor(SyntheticHistory(kItems, *rc::gen::inRange<std::size_t>(0, 60), random));
    RC_ASSERT(items.size() == 20u);
    for (const RecommendedItem& item : items) {
      double score = 0;
      for (const ScorePart& part : item.score_parts) score += part.value;
      RC_ASSERT(std::abs(score - item.score) <= 1e-6);
      RC_ASSERT(!item.reasons.empty());
      RC_ASSERT(!item.sources.empty());
      std::map<std::string, double> explained;
      for (const Reason& reason : item.reasons) explained[reason.part] += reason.contribution;
      for (const auto& [part, sum] : explained) {
        RC_ASSERT(sum >= 0);
        RC_ASSERT(sum <= std::abs(Part(item, part)) + 1e-12);
      }
    }
  }));
}

TEST_F(Explanations, NameEvidenceThatIsThere) {
  Random random(1);
  const std::vector<HistoryEvent> history = SyntheticHistory(kItems, 30, random);
  std::size_t from_past = 0;
  for (const RecommendedItem& item : ListFor(history)) {
    std::set<std::string> named;
    for (const Reason& reason : item.reasons) {
      EXPECT_FALSE(reason.text.empty());
      if (!reason.code.starts_with("BECAUSE_YOU") && reason.code != "USERS_LIKE_YOU") continue;
      ++from_past;
      EXPECT_TRUE(named.insert(reason.evidence.item_id).second) << "each past item once";
      ASSERT_FALSE(reason.evidence.event_ids.empty());
      ASSERT_EQ(reason.evidence.event_ids.size(), reason.evidence.coordinates.size());
      for (std::size_t i = 0; i < reason.evidence.event_ids.size(); ++i) {
        const std::size_t index = std::stoul(reason.evidence.event_ids[i].substr(1));
        EXPECT_EQ(view_.Find(history[index].item)->item_id, reason.evidence.item_id);
        EXPECT_EQ(reason.evidence.coordinates[i], "interactions/3/" + std::to_string(index));
      }
      if (reason.code != "USERS_LIKE_YOU") {
        EXPECT_GT(reason.evidence.co_count.value(), 0);
      }
    }
  }
  EXPECT_GT(from_past, 10u);
}

TEST_F(Explanations, SayWhatTheUserDid) {
  weights_ = MixWeights(builder_.generators(), weights_.parts());
  for (double& weight : weights_.values()) weight = 0;
  weights_.values()[0] = 1;  // transitions alone
  const ItemModel& past = view_.At(7);
  HistoryEvent event;
  event.item = past.key;
  event.at = {SyntheticView::kNow - 1000};
  const std::vector<std::pair<InteractionType, std::string>> cases = {
      {InteractionType::kView, "BECAUSE_YOU_VIEWED"},
      {InteractionType::kPurchase, "BECAUSE_YOU_BOUGHT"},
      {InteractionType::kComplete, "BECAUSE_YOU_COMPLETED"},
      {InteractionType::kBookmark, "BECAUSE_YOU_SAVED"}};
  for (const auto& [type, code] : cases) {
    event.type = type;
    event.weight = 4;
    const RecommendedItem item = ListFor({event})[0];
    EXPECT_EQ(item.reasons[0].code, code);
    EXPECT_EQ(item.reasons[0].part, "transitions");
    EXPECT_DOUBLE_EQ(item.reasons[0].contribution, item.score);
    EXPECT_NE(item.reasons[0].text.find("Title 7"), std::string::npos);
    EXPECT_EQ(item.sources[0], "transitions");
  }
  event.input = 1;
  EXPECT_EQ(ListFor({event})[0].reasons[0].code, "BECAUSE_YOU_RATED");
}

TEST_F(Explanations, OfColdUsersFallBackToPopularity) {
  for (const RecommendedItem& item : ListFor({})) {
    EXPECT_EQ(item.reasons[0].code, "FALLBACK");
    EXPECT_TRUE(item.reasons[0].part.starts_with("popularity"));
    EXPECT_GT(item.reasons[0].evidence.count.value(), 0);
  }
}

TEST_F(Explanations, CallNewItemsNew) {
  for (std::size_t i = 0; i < kItems; ++i) view_.At(i).first_event = {SyntheticView::kNow - 3'600'000};
  for (double& weight : weights_.values()) weight = 0;
  weights_.values()[builder_.PartNamed("popularity_recent").value()] = 1;
  Random random(2);
  EXPECT_EQ(ListFor(SyntheticHistory(kItems, 5, random))[0].reasons[0].code, "NEW");
  for (std::size_t i = 0; i < kItems; ++i) view_.At(i).first_event = {1};
  EXPECT_EQ(ListFor(SyntheticHistory(kItems, 5, random))[0].reasons[0].code, "POPULAR");
}

TEST_F(Explanations, GiveTheStrongestEventFirstAndSeveralOfOneItem) {
  std::vector<HistoryEvent> history(6);
  for (std::size_t i = 0; i < history.size(); ++i) {
    history[i].item = view_.At(7).key;
    history[i].weight = i == 2 ? 8.0f : 1.0f;
    history[i].event_id = "e" + std::to_string(i);
    history[i].offset = {static_cast<std::int64_t>(i)};
  }
  history[0].weight = -1;  // cancels nothing that is newer
  for (double& weight : weights_.values()) weight = 0;
  weights_.values()[1] = 1;
  const Reason reason = ListFor(history)[0].reasons[0];
  EXPECT_EQ(reason.evidence.event_ids, (std::vector<std::string>{"e2", "e5", "e4", "e3"}));
}

}  // namespace
}  // namespace freshet
