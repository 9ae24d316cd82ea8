#include "config/field_builders.h"

namespace freshet {
namespace {

std::vector<Field> BatchFields() {
  return {
      Choice<Guarantee>(
          "processing.guarantee",
          {{"exactly_once", Guarantee::kExactlyOnce}, {"at_least_once", Guarantee::kAtLeastOnce}},
          "at_least_once leaves the transaction out: some ms less delay on Kafka, but outputs may\n"
          "repeat after a crash.",
          [](auto& c) -> auto& { return c.processing.guarantee; }),
      Duration(
          "processing.batch_time", {1, kMinuteMs},
          "The longest that a batch stays open while more events come. A lone event never waits for it.",
          [](auto& c) -> auto& { return c.processing.batch_time; }),
      Integer(
          "processing.batch_records", {1, 1'000'000},
          "Records a batch holds at most. More save commits, fewer save memory and delay.",
          [](auto& c) -> auto& { return c.processing.batch_records; }),
      Size(
          "processing.batch_bytes", {65'536, 1024 * kMiB}, "Bytes of keys and values a batch reads at most.",
          [](auto& c) -> auto& { return c.processing.batch_bytes; }),
      Duration(
          "processing.transaction_timeout", {1'000, 15 * kMinuteMs},
          "The broker aborts a transaction open for longer. It bounds how long a crashed process can hold "
          "up\n"
          "readers, and must exceed the slowest batch with its commit.",
          [](auto& c) -> auto& { return c.processing.transaction_timeout; }),
  };
}

std::vector<Field> EventFields() {
  return {
      Duration(
          "processing.event_time_future_max", {0, kDayMs},
          "An event dated further than this after its record's own time is refused (bad_time): one wrong "
          "clock\n"
          "would otherwise age everything else.",
          [](auto& c) -> auto& { return c.processing.event_time_future_max; }),
      Duration(
          "processing.duplicates_window", {kMinuteMs, kYearMs},
          "How long an event_id is remembered for each user. The contract promises seven days.",
          [](auto& c) -> auto& { return c.processing.duplicates_window; }),
      Integer(
          "processing.duplicates_per_user_max", {100, 10'000'000},
          "Event ids remembered for one user at most; the oldest go first. Bounds the state of a hot user.",
          [](auto& c) -> auto& { return c.processing.duplicates_per_user_max; }),
  };
}

std::vector<Field> StateFields() {
  return {
      Size(
          "state.memory_bytes", {64 * kMiB, 1024.0 * 1024 * kMiB},
          "Memory budget of the whole process. The shares below divide it; what they leave is the "
          "allocator's.",
          [](auto& c) -> auto& { return c.state.memory_bytes; }),
      Real(
          "state.tables_share", {0.05, 0.9}, "Share for the tasks' in-memory tables (users, items).",
          [](auto& c) -> auto& { return c.state.tables_share; }),
      Real(
          "state.view_share", {0.05, 0.9},
          "Share for the item model in memory. Where it needs more, the tables make room.",
          [](auto& c) -> auto& { return c.state.view_share; }),
      Real(
          "state.cache_share", {0.01, 0.9}, "Share for RocksDB: its block cache, with the memtables inside.",
          [](auto& c) -> auto& { return c.state.cache_share; }),
      Real(
          "state.queues_share", {0.01, 0.9}, "Share for records read ahead and records not yet delivered.",
          [](auto& c) -> auto& { return c.state.queues_share; }),
  };
}

}  // namespace

std::vector<Field> ProcessingFields() {
  std::vector<Field> fields = BatchFields();
  for (const auto& part : {EventFields(), StateFields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

}  // namespace freshet
