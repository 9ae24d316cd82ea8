#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/list_statistics.h"
#include "evaluate/ranking_metrics.h"
#include "evaluate/rating_metrics.h"

namespace freshet {

/// A figure with its name, "hit_rate@10".
using NamedFigure = std::pair<std::string, double>;
using NamedCount = std::pair<std::string, std::uint64_t>;

/// Lists whose first k items had the target, by k of kHitCutoffs, model and tenth of the scored lists.
inline constexpr std::size_t kTenths = 10;
inline constexpr std::array<std::size_t, 2> kHitCutoffs = {10, 20};
struct PartHits {
  using Tenths = std::array<std::uint64_t, kTenths>;
  struct Part {
    std::string name;
    std::array<Tenths, kHitCutoffs.size()> hits{};
    std::array<Tenths, kHitCutoffs.size()> lost{};  ///< of them, those that the mix missed
  };
  Tenths lists{};
  std::vector<Part> parts;  ///< the mix, then its generators
};

/// What an evaluation found.
struct EvaluationReport {
  struct Group {
    std::string name;
    std::uint64_t n = 0;
    std::vector<NamedFigure> metrics;
  };
  struct Breakdown {
    std::string by;
    std::vector<Group> groups;
  };
  struct Cost {
    double events_per_second = 0;
    double update_us = 0;  ///< processor time of learning an event
    double query_us = 0;   ///< of a list, or of a predicted rating
    std::uint64_t peak_rss_bytes = 0;
  };
  std::string protocol;
  std::string input;
  std::string model;
  std::uint64_t n = 0;  ///< lists or ratings that were scored
  std::vector<NamedFigure> metrics;
  std::vector<Breakdown> by;
  std::optional<PartHits> parts;   ///< where they were asked for
  std::vector<NamedCount> counts;  ///< events by what became of them
  Cost cost;
};

/// One JSON object: protocol, input, model, n, metrics, by, parts (where asked for), counts, cost.
std::string ReportJson(const EvaluationReport& report);
/// For people: some lines.
std::string ReportTable(const EvaluationReport& report);

/// All metrics at all cutoffs.
std::vector<NamedFigure> FiguresOf(const RankingMetrics& metrics);
std::vector<NamedFigure> FiguresOf(const RatingMetrics& metrics);
/// Hit rate, NDCG and MRR at 10 and 20: what a breakdown shows.
std::vector<NamedFigure> ShortFiguresOf(const RankingMetrics& metrics);
void AddFigures(const ListStatistics& statistics, std::size_t catalogue, std::vector<NamedFigure>& to);

}  // namespace freshet
