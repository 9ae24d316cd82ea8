#include "evaluate/report.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "base/format.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

struct MetricName {
  std::string_view name;
  double ListMetrics::*value;
};
constexpr std::array<MetricName, 7> kMetrics = {{{"hit_rate", &ListMetrics::hit_rate},
                                                 {"ndcg", &ListMetrics::ndcg},
                                                 {"mrr", &ListMetrics::mrr},
                                                 {"precision", &ListMetrics::precision},
                                                 {"recall", &ListMetrics::recall},
                                                 {"f1", &ListMetrics::f1},
                                                 {"map", &ListMetrics::map}}};
struct StatisticName {
  std::string_view name;
  double ListStatistics::Values::*value;
};
constexpr std::array<StatisticName, 5> kStatistics = {
    {{"coverage", &ListStatistics::Values::coverage},
     {"gini", &ListStatistics::Values::gini},
     {"mean_popularity", &ListStatistics::Values::mean_popularity},
     {"novelty", &ListStatistics::Values::novelty},
     {"popularity_calibration", &ListStatistics::Values::popularity_calibration}}};

std::string At(std::string_view name, std::size_t cutoff) { return fmt::format("{}@{}", name, cutoff); }

void WriteFigures(JsonWriter& json, const std::vector<NamedFigure>& figures) {
  for (const auto& [name, value] : figures) json.Field(name, value);
}

void WriteGroups(JsonWriter& json, const EvaluationReport::Breakdown& breakdown) {
  json.BeginObject();
  for (const EvaluationReport::Group& group : breakdown.groups) {
    json.EscapedKey(group.name);
    json.BeginObject();
    json.Field("n", group.n);
    WriteFigures(json, group.metrics);
    json.EndObject();
  }
  json.EndObject();
}

void WriteParts(JsonWriter& json, const PartHits& hits) {
  const auto numbers = [&json](std::string_view name, const PartHits::Tenths& tenths) {
    json.EscapedKey(name);
    json.BeginArray();
    for (const std::uint64_t count : tenths) json.Integer(static_cast<std::int64_t>(count));
    json.EndArray();
  };
  json.Key("parts");
  json.BeginObject();
  numbers("lists", hits.lists);
  for (const auto& [name, counts] :
       {std::pair("hits", &PartHits::Part::hits), {"lost", &PartHits::Part::lost}}) {
    for (std::size_t c = 0; c < kHitCutoffs.size(); ++c) {
      json.EscapedKey(At(name, kHitCutoffs[c]));
      json.BeginObject();
      for (const PartHits::Part& part : hits.parts) numbers(part.name, (part.*counts)[c]);
      json.EndObject();
    }
  }
  json.EndObject();
}

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

/// In all, then by tenth.
std::array<double, 1 + kTenths> RatesOf(const PartHits::Tenths& hits, const PartHits::Tenths& lists) {
  std::array<double, 1 + kTenths> rates{};
  const auto sum = [](const PartHits::Tenths& counts) {
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  };
  rates[0] = Ratio(sum(hits), sum(lists));
  for (std::size_t t = 0; t < kTenths; ++t)
    rates[1 + t] = Ratio(static_cast<double>(hits[t]), static_cast<double>(lists[t]));
  return rates;
}

/// Hit rates of the mix and of each generator; last the mix's over the best generator's.
std::string PartTable(const PartHits& hits, std::size_t cutoff) {
  std::string text = fmt::format("\n\n{:<24}{:>10}", At("hit_rate", kHitCutoffs[cutoff]), "all");
  for (std::size_t t = 0; t < kTenths; ++t) text += fmt::format("{:>10}", fmt::format("tenth {}", t + 1));
  std::array<double, 1 + kTenths> best{};
  for (std::size_t p = 0; p < hits.parts.size(); ++p) {
    const auto rates = RatesOf(hits.parts[p].hits[cutoff], hits.lists);
    text += fmt::format("\n{:<24}", hits.parts[p].name);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      text += fmt::format("{:>10.5f}", rates[i]);
      if (p > 0) best[i] = std::max(best[i], rates[i]);
    }
  }
  text += fmt::format("\n{:<24}", "of the best generator's");
  const auto mix = RatesOf(hits.parts.front().hits[cutoff], hits.lists);
  for (std::size_t i = 0; i < best.size(); ++i) text += fmt::format("{:>10.3f}", Ratio(mix[i], best[i]));
  return text;
}

/// "hit_rate@10" as a row "hit_rate" under a column "10"; names without @ get a line of their own.
std::string FigureTable(const std::vector<NamedFigure>& figures) {
  std::string text;
  std::string row;
  for (const auto& [name, value] : figures) {
    const std::size_t at = name.find('@');
    if (at == std::string::npos) {
      text += fmt::format("\n{:<24}{:>10.5f}", name, value);
      row.clear();
      continue;
    }
    if (name.substr(0, at) != row) {
      row = name.substr(0, at);
      text += fmt::format("\n{:<24}", row);
    }
    text += fmt::format("{:>10.5f}", value);
  }
  return text;
}

std::string CutoffHeader(const std::vector<NamedFigure>& figures) {
  std::string header = fmt::format("{:<24}", "");
  std::string first;
  for (const auto& [name, value] : figures) {
    const std::size_t at = name.find('@');
    if (at == std::string::npos) continue;
    if (first.empty()) first = name.substr(0, at);
    if (name.substr(0, at) != first) break;
    header += fmt::format("{:>10}", name.substr(at));
  }
  return first.empty() ? "" : header;
}

}  // namespace

std::string ReportJson(const EvaluationReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Field("protocol", report.protocol);
  json.Field("input", report.input);
  json.Field("model", report.model);
  json.Field("n", report.n);
  json.Key("metrics");
  json.BeginObject();
  WriteFigures(json, report.metrics);
  json.EndObject();
  json.Key("by");
  json.BeginObject();
  for (const EvaluationReport::Breakdown& breakdown : report.by) {
    json.EscapedKey(breakdown.by);
    WriteGroups(json, breakdown);
  }
  json.EndObject();
  if (report.parts) WriteParts(json, *report.parts);
  json.Key("counts");
  json.BeginObject();
  for (const auto& [name, count] : report.counts) json.Field(name, count);
  json.EndObject();
  json.Key("cost");
  json.BeginObject();
  json.Field("events_per_second", report.cost.events_per_second);
  json.Field("update_us", report.cost.update_us);
  json.Field("query_us", report.cost.query_us);
  json.Field("peak_rss_bytes", report.cost.peak_rss_bytes);
  json.EndObject();
  json.EndObject();
  return text;
}

std::string ReportTable(const EvaluationReport& report) {
  std::string text =
      fmt::format("{} of {}, model {}: {} scored\n", report.protocol, report.input, report.model, report.n);
  text += CutoffHeader(report.metrics) + FigureTable(report.metrics);
  for (const EvaluationReport::Breakdown& breakdown : report.by) {
    text += fmt::format("\n\nby {:<21}{:>10}", breakdown.by, "n");
    if (breakdown.groups.empty()) continue;
    for (const auto& [name, value] : breakdown.groups.front().metrics) text += fmt::format("{:>13}", name);
    for (const EvaluationReport::Group& group : breakdown.groups) {
      text += fmt::format("\n{:<24}{:>10}", group.name, group.n);
      for (const auto& [name, value] : group.metrics) text += fmt::format("{:>13.5f}", value);
    }
  }
  for (std::size_t c = 0; report.parts && c < kHitCutoffs.size(); ++c) text += PartTable(*report.parts, c);
  text += "\n";
  for (const auto& [name, count] : report.counts) text += fmt::format("\n{:<24}{:>10}", name, count);
  text += fmt::format("\n{:.0f} events a second, {:.1f} us an update, {:.1f} us a query, {:.1f} MiB at most",
                      report.cost.events_per_second, report.cost.update_us, report.cost.query_us,
                      static_cast<double>(report.cost.peak_rss_bytes) / (1 << 20));
  return text;
}

std::vector<NamedFigure> FiguresOf(const RankingMetrics& metrics) {
  std::array<ListMetrics, kCutoffs.size()> means;
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) means[c] = metrics.At(c);
  std::vector<NamedFigure> figures;
  for (const MetricName& metric : kMetrics) {
    for (std::size_t c = 0; c < kCutoffs.size(); ++c)
      figures.emplace_back(At(metric.name, kCutoffs[c]), means[c].*metric.value);
  }
  return figures;
}

std::vector<NamedFigure> FiguresOf(const RatingMetrics& metrics) {
  return {{"rmse", metrics.Rmse()}, {"mse", metrics.Mse()}, {"mae", metrics.Mae()}};
}

std::vector<NamedFigure> ShortFiguresOf(const RankingMetrics& metrics) {
  std::vector<NamedFigure> figures;
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t c = 1; c <= 2; ++c)
      figures.emplace_back(At(kMetrics[m].name, kCutoffs[c]), metrics.At(c).*kMetrics[m].value);
  }
  return figures;
}

void AddFigures(const ListStatistics& statistics, std::size_t catalogue, std::vector<NamedFigure>& to) {
  std::array<ListStatistics::Values, kCutoffs.size()> values;
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) values[c] = statistics.At(c, catalogue);
  for (const StatisticName& statistic : kStatistics) {
    for (std::size_t c = 0; c < kCutoffs.size(); ++c)
      to.emplace_back(At(statistic.name, kCutoffs[c]), values[c].*statistic.value);
  }
}

}  // namespace freshet
