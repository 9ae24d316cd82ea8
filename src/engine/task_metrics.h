#pragma once

#include <string>

#include "base/metrics.h"

namespace freshet {

/// The metrics of all tasks of one operator. Thread-safe; lives as long as the registry.
struct TaskMetrics {
  TaskMetrics(MetricsRegistry& registry, const std::string& operator_name);

  Counter& records;
  Counter& accepted;
  Counter& duplicates;
  Counter& rejected;
  Counter& skipped;
  Counter& outputs;
  Counter& batches;
  Counter& aborted;
  Counter& fenced;
  Counter& torn;
  Counter& restarts;
  Counter& restored;
  Counter& quarantined;
  DurationHistogram& batch_time;
  DurationHistogram& commit_time;
  DurationHistogram& freshness;
  Gauge& restore_remaining;
};

}  // namespace freshet
