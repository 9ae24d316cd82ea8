// A mix is never worse than its best part: over sessions whose users go on to what follows, or come back.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "evaluate/prequential.h"
#include "evaluate/session_protocol.h"
#include "rank/list_builder.h"
#include "text_file.h"

namespace freshet {
namespace {

constexpr std::size_t kShelves = 20;
constexpr std::size_t kOnShelf = 20;

/// What one visitor looks at: along a shelf, sometimes elsewhere, and half of the time at what it saw before.
std::vector<std::size_t> Visit(Random& random) {
  const std::size_t shelf = random.Below(1 + random.Below(kShelves));
  std::size_t place = random.Below(kOnShelf);
  std::vector<std::size_t> items{shelf * kOnShelf + place};
  const std::size_t length = 3 + random.Below(6);
  constexpr std::array<std::size_t, 5> kSteps = {1, 1, 1, 3, 7};
  while (items.size() < length) {
    std::set<std::size_t> others(items.begin(), items.end());
    others.erase(items.back());
    if (!others.empty() && random.Chance(0.5)) {
      items.push_back(*std::next(others.begin(), static_cast<std::ptrdiff_t>(random.Below(others.size()))));
      continue;
    }
    place = (place + kSteps[random.Below(kSteps.size())]) % kOnShelf;
    items.push_back(random.Chance(0.85) ? shelf * kOnShelf + place : random.Below(kShelves * kOnShelf));
  }
  return items;
}

std::string Visits(std::size_t visits, std::size_t first, Random& random) {
  std::string text = "SessionId\tItemId\tTime\n";
  for (std::size_t v = first; v < first + visits; ++v) {
    std::size_t at = 1'600'000'000 + 300 * v;
    for (const std::size_t item : Visit(random)) text += fmt::format("v{}\ti{}\t{}\n", v, item, at += 30);
  }
  return text;
}

class BestPart : public testing::Test {
 protected:
  BestPart() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-best-part-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    Random random(7);
    WriteText(root_ / "past", Visits(350, 0, random));
    WriteText(root_ / "later", Visits(100, 400, random));
  }
  ~BestPart() override { std::filesystem::remove_all(root_); }
  std::string Past() const { return (root_ / "past").string(); }
  std::string Later() const { return (root_ / "later").string(); }

  /// Compares the mix by these metrics with each of its generators alone; `run` makes a report with given
  /// options.
  template <typename Run>
  static void Compare(const std::vector<std::string>& metrics, Run run) {
    const EvaluationOptions mix;
    const Result<EvaluationReport> mixed = run(mix);
    ASSERT_TRUE(mixed.ok());
    const ListBuilder builder{RankOptions{}};
    for (const GeneratorInfo& generator : builder.Generators()) {
      EvaluationOptions alone;
      alone.recommender.user.rank.only_generator = generator.name;
      alone.recommender.user.mix_learn_events = 1;
      alone.recommender.user.mix_learn_fraction = 0;
      const Result<EvaluationReport> part = run(alone);
      ASSERT_TRUE(part.ok());
      EXPECT_EQ(part->n, mixed->n);
      for (const std::string& metric : metrics) {
        EXPECT_GE(Metric(*mixed, metric), 0.99 * Metric(*part, metric)) << generator.name << " " << metric;
      }
    }
  }
  ManualClock clock_;

 private:
  static double Metric(const EvaluationReport& report, const std::string& name) {
    const auto found = std::find_if(report.metrics.begin(), report.metrics.end(),
                                    [&](const NamedFigure& figure) { return figure.first == name; });
    return found == report.metrics.end() ? -1 : found->second;
  }
  std::filesystem::path root_;
};

TEST_F(BestPart, IsNotBetterThanTheMixWhereTheItemModelStandsStill) {
  Compare({"hit_rate@10", "hit_rate@20", "mrr@20"}, [this](const EvaluationOptions& options) {
    return EvaluateSessions({Past(), Later(), false}, options, clock_);
  });
}

TEST_F(BestPart, IsNotBetterThanTheMixWhereItLearnsOn) {
  Compare({"hit_rate@10", "hit_rate@20"}, [this](const EvaluationOptions& options) {
    PrequentialOptions protocol;
    protocol.input.path = Past();
    protocol.repeats = true;
    protocol.warm_up = 500;
    protocol.limit = 1500;
    return EvaluatePrequential(protocol, options, clock_);
  });
}

}  // namespace
}  // namespace freshet
