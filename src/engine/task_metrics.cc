#include "engine/task_metrics.h"

namespace freshet {
namespace {

Labels Of(const std::string& operator_name) { return {{"operator", operator_name}}; }

Labels OutcomeOf(const std::string& operator_name, const std::string& outcome) {
  return {{"operator", operator_name}, {"outcome", outcome}};
}

constexpr const char* kOutcomes =
    "Input records by outcome; the outcomes sum to freshet_records_consumed_total";

}  // namespace

TaskMetrics::TaskMetrics(MetricsRegistry& registry, const std::string& name)
    : records(registry.GetCounter("freshet_records_consumed_total", "Input records in committed batches",
                                  Of(name))),
      accepted(registry.GetCounter("freshet_records_total", kOutcomes, OutcomeOf(name, "accepted"))),
      duplicates(registry.GetCounter("freshet_records_total", kOutcomes, OutcomeOf(name, "duplicate"))),
      rejected(registry.GetCounter("freshet_records_total", kOutcomes, OutcomeOf(name, "rejected"))),
      skipped(registry.GetCounter("freshet_skipped_total",
                                  "Parts of accepted records that could not be used; the log says why",
                                  Of(name))),
      outputs(registry.GetCounter("freshet_outputs_total", "Records emitted in committed batches", Of(name))),
      batches(registry.GetCounter("freshet_batches_total", "Committed batches", Of(name))),
      aborted(registry.GetCounter("freshet_transactions_aborted_total",
                                  "Transactions aborted and tried again", Of(name))),
      fenced(registry.GetCounter("freshet_tasks_fenced_total",
                                 "Times that a task lost its partition to another", Of(name))),
      torn(registry.GetCounter("freshet_torn_transactions_total",
                               "Changelog batches refused because sequence, count or checksum did not fit",
                               Of(name))),
      restarts(
          registry.GetCounter("freshet_task_acquisitions_total", "Times that a task was acquired", Of(name))),
      restored(registry.GetCounter("freshet_restored_records_total", "Changelog records read by acquisitions",
                                   Of(name))),
      quarantined(registry.GetCounter("freshet_state_quarantined_total",
                                      "State directories quarantined because they did not fit the changelog",
                                      Of(name))),
      batch_time(registry.GetHistogram("freshet_batch_seconds", "Processing of a batch, without its commit",
                                       Of(name))),
      commit_time(registry.GetHistogram("freshet_commit_seconds", "Transaction and state write of a batch",
                                        Of(name))),
      freshness(registry.GetHistogram("freshet_freshness_seconds",
                                      "From the append of an input record to the commit of its batch",
                                      Of(name))),
      restore_remaining(registry.GetGauge("freshet_restore_remaining_records",
                                          "Changelog offsets still to read by the running restore",
                                          Of(name))) {}

}  // namespace freshet
