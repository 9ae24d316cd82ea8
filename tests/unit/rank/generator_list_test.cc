#include "rank/generator_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "rank/list_builder.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 600;

class GeneratorLists : public testing::TestWithParam<std::uint64_t> {
 protected:
  GeneratorLists() {
    Random random(GetParam());
    history_ = SyntheticHistory(kItems, 5 + random.Below(40), random);
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
    builder_.Build({history_, seen_, dismissed_, {SyntheticView::kNow}, 20, {}}, view_,
                   builder_.WeightsFrom(view_.Global()), scratch_);
  }
  /// By a sort of everything that the generator scored.
  std::vector<ItemKey> Naively(std::size_t generator, std::size_t k) const {
    struct Entry {
      float score;
      ItemKey key;
    };
    std::vector<Entry> entries;
    const CandidatePool& pool = scratch_.pool;
    for (std::size_t row = 0; row < pool.shortlist().size(); ++row) {
      const float score = pool.scores(generator)[row];
      if (score > 0) entries.push_back({score, pool.key(pool.shortlist()[row])});
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.score != b.score ? a.score > b.score : a.key < b.key;
    });
    std::vector<ItemKey> keys;
    for (const Entry& entry : entries) keys.push_back(entry.key);
    keys.resize(std::min(k, keys.size()));
    return keys;
  }

  SyntheticView view_{kItems, 60, 1};
  ListBuilder builder_{RankOptions{}};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};
INSTANTIATE_TEST_SUITE_P(Users, GeneratorLists, ::testing::Range<std::uint64_t>(1, 9));

TEST_P(GeneratorLists, EqualASortOfWhatTheGeneratorScored) {
  for (std::size_t g = 0; g < builder_.generators(); ++g) {
    for (const std::size_t k : {0U, 1U, 10U, 20U, 64U}) {
      std::array<ItemKey, 64> keys;
      const std::size_t size = ListOfGenerator(scratch_.pool, g, std::span(keys).first(k));
      EXPECT_EQ(std::vector(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(size)), Naively(g, k))
          << builder_.Generators()[g].name << " " << k;
    }
  }
}

TEST_P(GeneratorLists, KnowThePlaceOfAnItemWithTiesAgainstIt) {
  const CandidatePool& pool = scratch_.pool;
  for (std::size_t g = 0; g < builder_.generators(); ++g) {
    std::vector<float> listed;
    for (std::size_t row = 0; row < pool.shortlist().size(); ++row) {
      if ((pool.proposed_by(pool.shortlist()[row]) >> g & 1) != 0) listed.push_back(pool.scores(g)[row]);
    }
    for (std::size_t row = 0; row < pool.shortlist().size(); ++row) {
      const float score = pool.scores(g)[row];
      const bool proposed = (pool.proposed_by(pool.shortlist()[row]) >> g & 1) != 0;
      const auto ahead =
          std::count_if(listed.begin(), listed.end(), [score](float other) { return other >= score; });
      const auto place = PlaceByGenerator(pool, g, row);
      ASSERT_EQ(place.has_value(), proposed && score > 0);
      ASSERT_EQ(place.value_or(static_cast<std::size_t>(ahead)), static_cast<std::size_t>(ahead));
    }
  }
}

TEST_P(GeneratorLists, AreWhatTheGeneratorAloneRecommends) {
  for (std::size_t g = 0; g < builder_.generators(); ++g) {
    RankOptions options;
    options.only_generator = builder_.PartNames()[g];
    const ListBuilder alone(options);
    RankScratch other(options);
    const RankedList& list = alone.Build({history_, seen_, dismissed_, {SyntheticView::kNow}, 20, {}}, view_,
                                         alone.WeightsFrom(view_.Global()), other);
    std::array<ItemKey, 20> keys;
    const std::size_t size = ListOfGenerator(scratch_.pool, g, keys);
    for (std::size_t i = 0; i < size; ++i) {
      // Features are rounded logarithms: raw scores that differ may tie in them.
      const bool same = list.items[i].item->key == keys[i];
      const bool tied = (i > 0 && list.items[i].score == list.items[i - 1].score) ||
                        (i + 1 < list.items.size() && list.items[i].score == list.items[i + 1].score);
      EXPECT_TRUE(same || tied) << builder_.Generators()[g].name << " at " << i;
    }
  }
}

}  // namespace
}  // namespace freshet
