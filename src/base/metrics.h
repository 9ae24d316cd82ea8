#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet {

/// A number that only grows. Thread-safe, relaxed.
class Counter final {
 public:
  void Add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge final {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  double Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Durations in log-linear buckets: 8 to each power of two from 1 us to over an hour, so that a quantile is
/// known within 12.5 %. Thread-safe, relaxed.
class DurationHistogram final {
 public:
  static constexpr int kBucketsPerPower = 8;
  static constexpr int kPowers = 33;
  void ObserveMicros(std::uint64_t micros);
  std::uint64_t Count() const { return count_.load(std::memory_order_relaxed); }
  double SumSeconds() const {
    return static_cast<double>(sum_micros_.load(std::memory_order_relaxed)) * 1e-6;
  }
  /// Observations at or below `seconds`, by whole buckets.
  std::uint64_t CountAtOrBelow(double seconds) const;

 private:
  static int BucketOf(std::uint64_t micros);
  static std::uint64_t UpperMicros(int bucket);
  std::array<std::atomic<std::uint64_t>, kBucketsPerPower * kPowers> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_micros_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

/// The process's metrics. Families are created on first use and live as long as the registry; references
/// stay valid. Thread-safe; creation takes a lock, observation does not.
class MetricsRegistry final {
 public:
  Counter& GetCounter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& GetGauge(std::string_view name, std::string_view help, const Labels& labels = {});
  DurationHistogram& GetHistogram(std::string_view name, std::string_view help, const Labels& labels = {});
  /// Prometheus text format 0.0.4, families and series in name order.
  std::string Text() const;

 private:
  template <typename Metric>
  struct Family {
    std::string help;
    std::map<std::string, Metric*> series;  // by rendered labels
  };
  template <typename Metric>
  static Metric& GetIn(std::map<std::string, Family<Metric>>& families, std::deque<Metric>& owned,
                       std::string_view name, std::string_view help, const Labels& labels);
  mutable std::mutex mutex_;
  std::map<std::string, Family<Counter>> counters_;
  std::map<std::string, Family<Gauge>> gauges_;
  std::map<std::string, Family<DurationHistogram>> histograms_;
  std::deque<Counter> owned_counters_;
  std::deque<Gauge> owned_gauges_;
  std::deque<DurationHistogram> owned_histograms_;
};

}  // namespace freshet
