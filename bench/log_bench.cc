// The embedded log: append, read, and how soon a commit is visible. Conditions and results: docs/MEASURED.md.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "connectors/embedded/embedded_log.h"

namespace freshet {
namespace {

constexpr std::size_t kValueBytes = 200;

/// A fresh log with one topic of one partition.
class LogUnderTest {
 public:
  LogUnderTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-bench-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    log_ = std::move(EmbeddedLog::Open(directory_ + "/log", {}).value());
    TopicSpec spec;
    spec.name = "topic";
    if (!log_->Create(spec).ok()) std::abort();
  }
  ~LogUnderTest() {
    log_.reset();
    std::filesystem::remove_all(directory_);
  }
  Log& log() { return *log_; }
  void Reopen() {
    log_.reset();
    log_ = std::move(EmbeddedLog::Open(directory_ + "/log", {}).value());
  }
  std::unique_ptr<Writer> NewWriter() {
    WriterOptions options;
    options.transactional_id = "bench";
    auto writer = std::move(log_->OpenWriter(options).value());
    if (!writer->Initialise().ok()) std::abort();
    return writer;
  }
  std::unique_ptr<Reader> NewReader() {
    auto reader = std::move(log_->OpenReader({}).value());
    if (!reader->Assign({{{"topic", {0}}, {0}}}).ok()) std::abort();
    return reader;
  }

 private:
  std::string directory_;
  std::unique_ptr<EmbeddedLog> log_;
};

/// One transaction of `records` records.
void CommitBatch(Writer& writer, std::int64_t records) {
  if (!writer.Begin().ok()) std::abort();
  for (std::int64_t i = 0; i < records; ++i) {
    OutputRecord record;
    record.to = {"topic", {0}};
    record.key = "user-12345";
    record.value = std::string(kValueBytes, static_cast<char>('a' + i % 26));
    record.timestamp = Timestamp{1'700'000'000'000 + i};
    if (!writer.Append(std::move(record)).ok()) std::abort();
  }
  if (!writer.Commit().ok()) std::abort();
}

void Append(benchmark::State& state) {
  LogUnderTest test;
  const auto writer = test.NewWriter();
  for (auto _ : state) CommitBatch(*writer, state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Append)->Arg(1)->Arg(100)->Arg(10'000)->MeasureProcessCPUTime()->UseRealTime();

/// Reads a log of 1 M records, written in transactions of the given size, from disk.
void ReadFromDisk(benchmark::State& state) {
  constexpr std::int64_t kRecords = 1'000'000;
  LogUnderTest test;
  {
    const auto writer = test.NewWriter();
    for (std::int64_t i = 0; i < kRecords; i += state.range(0)) CommitBatch(*writer, state.range(0));
  }
  test.Reopen();  // nothing of the tail is left in memory
  for (auto _ : state) {
    const auto reader = test.NewReader();
    for (std::int64_t seen = 0; seen < kRecords;) {
      const auto polled = reader->Poll(std::chrono::milliseconds(100), {});
      if (!polled.ok()) std::abort();
      seen += static_cast<std::int64_t>(polled->records.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}
BENCHMARK(ReadFromDisk)
    ->Arg(1)
    ->Arg(100)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// Commits and reads back in one thread: the tail in memory.
void AppendAndRead(benchmark::State& state) {
  LogUnderTest test;
  const auto writer = test.NewWriter();
  const auto reader = test.NewReader();
  for (auto _ : state) {
    CommitBatch(*writer, state.range(0));
    for (std::int64_t seen = 0; seen < state.range(0);) {
      const auto polled = reader->Poll(std::chrono::milliseconds(100), {});
      if (!polled.ok()) std::abort();
      seen += static_cast<std::int64_t>(polled->records.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendAndRead)->Arg(1)->Arg(100)->Arg(10'000)->MeasureProcessCPUTime()->UseRealTime();

/// From the call of Commit to the record in the hands of a reader that waits in another thread.
void CommitToVisible(benchmark::State& state) {
  using SteadyClock = std::chrono::steady_clock;
  LogUnderTest test;
  const auto writer = test.NewWriter();
  std::atomic<std::int64_t> seen_at_ns{0};
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    const auto reader = test.NewReader();
    while (!stop) {
      const auto polled = reader->Poll(std::chrono::milliseconds(10), {});
      const auto now = SteadyClock::now().time_since_epoch().count();
      if (polled.ok() && !polled->records.empty()) seen_at_ns = now;
    }
  });
  std::vector<double> micros;
  for (auto _ : state) {
    // The reader waits again: the latency is that of a wake-up, not of a busy loop.
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    seen_at_ns = 0;
    const auto before = SteadyClock::now().time_since_epoch().count();
    CommitBatch(*writer, 1);
    while (seen_at_ns == 0) std::this_thread::yield();
    micros.push_back(static_cast<double>(seen_at_ns - before) / 1e3);
    state.SetIterationTime(micros.back() / 1e6);
  }
  stop = true;
  thread.join();
  std::sort(micros.begin(), micros.end());
  state.counters["p50_us"] = micros[micros.size() / 2];
  state.counters["p99_us"] = micros[micros.size() * 99 / 100];
}
BENCHMARK(CommitToVisible)->UseManualTime()->Iterations(5'000);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
