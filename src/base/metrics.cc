#include "base/metrics.h"

#include <bit>

#include "base/format.h"

namespace freshet {
namespace {

std::string Render(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += fmt::format("{}{}=\"", text.empty() ? "" : ",", name);
    for (const char c : value) {
      if (c == '\\' || c == '"') text.push_back('\\');
      if (c == '\n') {
        text += "\\n";
      } else {
        text.push_back(c);
      }
    }
    text += "\"";
  }
  return text;
}

std::string Braced(const std::string& labels) { return labels.empty() ? "" : "{" + labels + "}"; }

// Bucket bounds shown to Prometheus; the histogram itself is finer.
constexpr double kShownBounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                   0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};

}  // namespace

int DurationHistogram::BucketOf(std::uint64_t micros) {
  if (micros < kBucketsPerPower) return static_cast<int>(micros);
  const int power = std::bit_width(micros) - 1;  // >= 3
  const int within = static_cast<int>((micros >> (power - 3)) & 7);
  const int bucket = (power - 2) * kBucketsPerPower + within;
  return std::min(bucket, kBucketsPerPower * kPowers - 1);
}

std::uint64_t DurationHistogram::UpperMicros(int bucket) {
  if (bucket < kBucketsPerPower) return static_cast<std::uint64_t>(bucket);
  const int power = bucket / kBucketsPerPower + 2;
  const auto within = static_cast<std::uint64_t>(bucket % kBucketsPerPower);
  return (std::uint64_t{1} << power) + ((within + 1) << (power - 3)) - 1;
}

void DurationHistogram::ObserveMicros(std::uint64_t micros) {
  buckets_[static_cast<std::size_t>(BucketOf(micros))].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(micros, std::memory_order_relaxed);
}

std::uint64_t DurationHistogram::CountAtOrBelow(double seconds) const {
  const auto micros = static_cast<std::uint64_t>(seconds * 1e6);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size() && UpperMicros(static_cast<int>(i)) <= micros; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
  }
  return seen;
}

template <typename Metric>
Metric& MetricsRegistry::GetIn(std::map<std::string, Family<Metric>>& families, std::deque<Metric>& owned,
                               std::string_view name, std::string_view help, const Labels& labels) {
  Family<Metric>& family = families[std::string(name)];
  if (family.help.empty()) family.help = help;
  Metric*& metric = family.series[Render(labels)];
  if (metric == nullptr) metric = &owned.emplace_back();
  return *metric;
}

Counter& MetricsRegistry::GetCounter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return GetIn(counters_, owned_counters_, name, help, labels);
}

Gauge& MetricsRegistry::GetGauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return GetIn(gauges_, owned_gauges_, name, help, labels);
}

DurationHistogram& MetricsRegistry::GetHistogram(std::string_view name, std::string_view help,
                                                 const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return GetIn(histograms_, owned_histograms_, name, help, labels);
}

std::string MetricsRegistry::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : counters_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n", name, family.help);
    for (const auto& [labels, metric] : family.series) {
      text += fmt::format("{}{} {}\n", name, Braced(labels), metric->Value());
    }
  }
  for (const auto& [name, family] : gauges_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, family.help);
    for (const auto& [labels, metric] : family.series) {
      text += fmt::format("{}{} {}\n", name, Braced(labels), metric->Value());
    }
  }
  for (const auto& [name, family] : histograms_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} histogram\n", name, family.help);
    for (const auto& [labels, metric] : family.series) {
      const std::string prefix = labels.empty() ? "" : labels + ",";
      for (const double bound : kShownBounds) {
        text +=
            fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, prefix, bound, metric->CountAtOrBelow(bound));
      }
      text += fmt::format("{0}_bucket{{{1}le=\"+Inf\"}} {2}\n{0}_sum{3} {4}\n{0}_count{3} {2}\n", name,
                          prefix, metric->Count(), Braced(labels), metric->SumSeconds());
    }
  }
  return text;
}

}  // namespace freshet
