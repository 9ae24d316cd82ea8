// bench_kafka BOOTSTRAP [RECORDS]: commit latency, and produce and consume throughput with the CPU time that
// this process spends on a record, against a broker that runs already (tests/integration/broker/broker.sh
// up).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/kafka_log.h"
#include "measure.h"

namespace freshet {
namespace {

using bench::CpuSeconds;
using bench::Must;
using bench::SecondsSince;
using bench::SteadyClock;

constexpr int kPartitions = 4;
constexpr int kTransactions = 300;
constexpr std::size_t kValueBytes = 200;
constexpr std::chrono::milliseconds kCommitEvery{100};
constexpr std::uint64_t kAppendsPerLook = 256;

std::string Unique(const std::string& stem) {
  return stem + "-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

std::string Value(std::uint64_t number) {
  std::string value = "{\"user\":\"u" + std::to_string(number * 2'654'435'761U % 100'000) +
                      "\",\"item\":\"i" + std::to_string(number * 40'503U % 50'000) +
                      "\",\"ts\":" + std::to_string(1'700'000'000'000 + number);
  value.resize(kValueBytes - 1, ' ');
  value.push_back('}');
  return value;
}

std::string MakeTopic(Log& log) {
  TopicSpec spec;
  spec.name = Unique("bench");
  spec.partitions = kPartitions;
  Must(log.Create(spec));
  return spec.name;
}

std::unique_ptr<Writer> MakeWriter(Log& log, std::vector<std::string> topics) {
  WriterOptions options;
  options.transactional_id = Unique("bench");
  options.topics = std::move(topics);
  auto writer = Must(log.OpenWriter(options));
  Must(writer->Initialise());
  return writer;
}

void Append(Writer& writer, const std::string& topic, std::uint64_t number) {
  OutputRecord record;
  record.to = {topic, {static_cast<std::int32_t>(number % kPartitions)}};
  record.key = "u" + std::to_string(number % 100'000);
  record.value = Value(number);
  Must(writer.Append(std::move(record)));
}

void CommitLatency(Log& log, int records, std::chrono::milliseconds pause) {
  const std::vector<std::string> topics = {MakeTopic(log), MakeTopic(log), MakeTopic(log)};
  auto writer = MakeWriter(log, topics);
  std::vector<double> ms;
  for (int t = 0; t < kTransactions; ++t) {
    std::this_thread::sleep_for(pause);
    const auto start = SteadyClock::now();
    Must(writer->Begin());
    for (int i = 0; i < records; ++i) {
      Append(*writer, topics[static_cast<std::size_t>(i) % topics.size()], static_cast<std::uint64_t>(i));
    }
    static_cast<void>(Must(writer->Commit()));
    ms.push_back(SecondsSince(start) * 1e3);
  }
  const double first = ms.front();
  std::sort(ms.begin(), ms.end());
  const auto at = [&ms](double part) {
    return ms[static_cast<std::size_t>(part * static_cast<double>(ms.size() - 1))];
  };
  std::printf("transaction of %5d records, %2d ms after the last: ", records,
              static_cast<int>(pause.count()));
  std::printf("p50 %5.1f ms  p90 %5.1f ms  p99 %5.1f ms  first %5.1f ms\n", at(0.5), at(0.9), at(0.99),
              first);
  for (const std::string& topic : topics) Must(log.Delete(topic));
}

void Produce(Log& log, const std::string& topic, std::uint64_t records) {
  auto writer = MakeWriter(log, {topic});
  const double cpu = CpuSeconds();
  const auto start = SteadyClock::now();
  double committing = 0;
  for (std::uint64_t sent = 0; sent < records;) {
    const auto batch = SteadyClock::now();
    Must(writer->Begin());
    do {
      Append(*writer, topic, sent++);
    } while (sent < records && (sent % kAppendsPerLook != 0 || SteadyClock::now() - batch < kCommitEvery));
    const auto commit = SteadyClock::now();
    static_cast<void>(Must(writer->Commit()));
    committing += SecondsSince(commit);
  }
  const double seconds = SecondsSince(start);
  const auto count = static_cast<double>(records);
  std::printf("produce: %.0f records/s, %.2f us CPU a record, %.0f %% of the time in commit\n",
              count / seconds, (CpuSeconds() - cpu) / count * 1e6, committing / seconds * 100);
}

void Consume(Log& log, const std::string& topic, std::uint64_t records, std::size_t buffer_bytes_max) {
  ReaderOptions options;
  options.buffer_bytes_max = buffer_bytes_max;
  auto reader = Must(log.OpenReader(options));
  std::vector<Position> positions;
  for (std::int32_t p = 0; p < kPartitions; ++p) positions.push_back({{topic, {p}}, {0}});
  const double cpu = CpuSeconds();
  const auto start = SteadyClock::now();
  Must(reader->Assign(positions));
  std::uint64_t seen = 0;
  double longest_wait = 0;
  while (seen < records) {
    const auto asked = SteadyClock::now();
    seen += Must(reader->Poll(std::chrono::seconds(10), PollLimits())).records.size();
    longest_wait = std::max(longest_wait, SecondsSince(asked));
  }
  const double seconds = SecondsSince(start);
  const auto count = static_cast<double>(records);
  std::printf("consume, buffer %3zu MiB: %.0f records/s, %.2f us CPU a record, longest poll %.0f ms\n",
              buffer_bytes_max >> 20, count / seconds, (CpuSeconds() - cpu) / count * 1e6,
              longest_wait * 1e3);
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_kafka HOST:PORT [RECORDS]\n");
    return 2;
  }
  const std::uint64_t records = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  KafkaOptions options;
  options.bootstrap_servers = argv[1];
  auto log = Must(KafkaLog::Open(options));
  for (const std::chrono::milliseconds pause :
       {std::chrono::milliseconds(30), std::chrono::milliseconds(0)}) {
    for (const int count : {1, 100, 10'000}) CommitLatency(*log, count, pause);
  }
  const std::string topic = MakeTopic(*log);
  Produce(*log, topic, records);
  Produce(*log, topic, records);
  for (const std::size_t buffer : {64U << 20, 64U << 20, 16U << 20})
    Consume(*log, topic, 2 * records, buffer);
  Must(log->Delete(topic));
  return 0;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) { return freshet::Main(argc, argv); }
