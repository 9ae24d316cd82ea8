#include "evaluate/part_places.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>

#include "base/format.h"
#include "evaluate/prequential.h"
#include "text_file.h"

namespace freshet {
namespace {

class PartPlacesOfAStream : public testing::Test {
 protected:
  PartPlacesOfAStream() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-parts-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    std::string text = "user\titem\ttime\n";
    for (int visit = 0; visit < 60; ++visit) {
      for (int i = 0; i < 6; ++i)
        text +=
            fmt::format("u{}\ti{}\t{}\n", visit, (visit * 11 + i * (1 + visit % 3)) % 40, 1000 * visit + i);
    }
    WriteText(root_ / "stream", text);
  }
  ~PartPlacesOfAStream() override { std::filesystem::remove_all(root_); }

  Result<EvaluationReport> Run(const std::string& only, bool parts) const {
    EvaluationOptions options;
    options.recommender.user.rank.only_generator = only;
    PrequentialOptions protocol;
    protocol.input.path = (root_ / "stream").string();
    protocol.parts = parts;
    return EvaluatePrequential(protocol, options, clock_);
  }
  static double Rate(const PartHits& hits, const PartHits::Part& part, std::size_t cutoff) {
    const auto sum = [](const PartHits::Tenths& counts) {
      return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    };
    return sum(part.hits[cutoff]) / sum(hits.lists);
  }
  static double Metric(const EvaluationReport& report, const std::string& name) {
    for (const auto& [metric, value] : report.metrics) {
      if (metric == name) return value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

 private:
  ManualClock clock_;
  std::filesystem::path root_;
};

TEST_F(PartPlacesOfAStream, OfOnePassAreThoseOfARunForEachGenerator) {
  const auto report = Run("", true);
  ASSERT_TRUE(report.ok());
  ASSERT_TRUE(report->parts.has_value());
  const PartHits& hits = *report->parts;
  EXPECT_EQ(hits.parts.front().name, "hybrid");
  EXPECT_DOUBLE_EQ(Rate(hits, hits.parts.front(), 0), Metric(*report, "hit_rate@10"));
  EXPECT_DOUBLE_EQ(Rate(hits, hits.parts.front(), 1), Metric(*report, "hit_rate@20"));
  ASSERT_GT(hits.parts.size(), 5U);
  for (std::size_t p = 1; p < hits.parts.size(); ++p) {
    const auto alone = Run(hits.parts[p].name, false);
    ASSERT_TRUE(alone.ok());
    EXPECT_FALSE(alone->parts.has_value());
    // Alone it also ranks what others propose, and by rounded logarithms, where raw scores that differ may
    // tie.
    constexpr double kTies = 0.02;
    EXPECT_NEAR(Rate(hits, hits.parts[p], 0), Metric(*alone, "hit_rate@10"), kTies) << hits.parts[p].name;
    EXPECT_NEAR(Rate(hits, hits.parts[p], 1), Metric(*alone, "hit_rate@20"), kTies) << hits.parts[p].name;
  }
}

TEST_F(PartPlacesOfAStream, KnowWhatTheMixMissed) {
  const auto report = Run("popularity_long", true);
  ASSERT_TRUE(report.ok());
  const PartHits& hits = *report->parts;
  for (const PartHits::Part& part : hits.parts) {
    for (std::size_t t = 0; t < kTenths; ++t) {
      EXPECT_LE(part.lost[0][t], part.hits[0][t]);
      EXPECT_LE(part.hits[0][t] - part.lost[0][t], hits.parts[0].hits[0][t]) << "what both hit";
      if (part.name == "popularity_long") {
        EXPECT_EQ(part.lost[0][t], 0U) << "the mix is this one alone";
      }
    }
  }
}

TEST_F(PartPlacesOfAStream, AreCutIntoTenthsOfEquallyManyLists) {
  const auto report = Run("", true);
  ASSERT_TRUE(report.ok());
  for (const std::uint64_t lists : report->parts->lists) EXPECT_EQ(lists, 30U);
  EXPECT_LT(report->parts->parts.front().hits[0].front(), report->parts->parts.front().hits[0].back());
}

}  // namespace
}  // namespace freshet
