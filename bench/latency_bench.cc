// bench_latency embedded|kafka=HOST:PORT [--rate EVENTS_A_SECOND] [--seconds S] [--warm-up S] [--linger MS]
//               [--input ...]
//
// From the append of an event to the list that it triggered in the hands of a read_committed reader, under a
// steady load, while the service runs with the default configuration. 20 000 events are processed before; the
// seconds of the warm-up are not counted: 3, and 40 on Kafka, because a broker that was just started compiles
// its code for so long, which takes half a core. On Kafka the sender's events leave every 5 ms, as those of a
// producer with the client's own linger.ms do; the time that they wait for it counts. An event whose user's
// first k items stayed the same has no list; one followed by another event of its user in the same batch is
// not the trigger. Both are not measured.

#include <atomic>
#include <mutex>

#include "app/log_factory.h"
#include "app/service.h"
#include "config/topics.h"
#include "events.h"
#include "support.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "bench_latency embedded|kafka=HOST:PORT [--rate N] [--seconds S] [--warm-up S] [--linger MS] "
    "[--input \"generated USERS,ITEMS,SKEW\"|FILE]";
constexpr std::int64_t kWarmUpEvents = 20'000;
constexpr std::int64_t kWarmUpSeconds = 3;
constexpr std::int64_t kBrokerWarmUpSeconds = 40;
constexpr std::int64_t kBrokerLingerMs = 5;

struct Load {
  std::int64_t rate;                 ///< events a second
  std::int64_t seconds;              ///< with the warm-up
  std::int64_t warm_up;              ///< seconds
  std::chrono::milliseconds linger;  ///< from the append of an event until it is sent, at most
};

/// When each event was appended, by the number in its id.
class AppendTimes final {
 public:
  explicit AppendTimes(std::size_t events) : at_(events) {}
  void Set(std::size_t number) { at_[number] = SteadyClock::now().time_since_epoch().count(); }
  /// Milliseconds since; negative where there is no such event.
  double MsSince(std::size_t number) const {
    if (number >= at_.size() || at_[number] == 0) return -1;
    return static_cast<double>(SteadyClock::now().time_since_epoch().count() - at_[number]) / 1e6;
  }

 private:
  std::vector<std::atomic<std::int64_t>> at_;
};

/// The `n` of a trigger "measured-n"; nothing where another event is the trigger, or none.
std::optional<std::size_t> TriggerNumber(const std::string& list) {
  constexpr std::string_view kOpening = "\"trigger\":{\"event_id\":\"measured-";
  const std::size_t at = list.find(kOpening);
  if (at == std::string::npos) return std::nullopt;
  return static_cast<std::size_t>(std::atoll(list.c_str() + at + kOpening.size()));
}

std::unique_ptr<Reader> ReadListsFromNow(Log& log, const Config& config) {
  std::vector<Position> positions;
  for (std::int32_t p = 0; p < config.topics.user_partitions; ++p) {
    const TopicPartition from{TopicName(config, "recommendations"), {p}};
    positions.push_back({from, Must(log.QueryWatermarks(from, Isolation::kReadCommitted)).high});
  }
  auto reader = Must(log.OpenReader({}));
  Must(reader->Assign(std::move(positions)));
  return reader;
}

struct Heard {
  std::vector<double> latencies_ms;
  std::size_t lists = 0;  ///< of every trigger, refreshes included
  std::size_t bytes = 0;
};

/// Reads lists until told to stop.
Heard Listen(Reader& reader, const AppendTimes& times, const std::atomic<bool>& stop) {
  Heard heard;
  while (!stop) {
    const PollResult polled = Must(reader.Poll(std::chrono::milliseconds(50), {}));
    for (const Record& record : polled.records) {
      if (!record.value) continue;
      ++heard.lists;
      heard.bytes += record.value->size();
      const auto number = TriggerNumber(*record.value);
      const double ms = number ? times.MsSince(*number) : -1;
      if (ms >= 0) heard.latencies_ms.push_back(ms);
    }
  }
  return heard;
}

/// Gives the event an id that the list will name.
void NameEvent(InputEvent& event, std::size_t number) {
  const std::string_view field = "\"event_id\":\"";
  const std::size_t start = event.value.find(field) + field.size();
  event.value.replace(start, event.value.find('"', start) - start, fmt::format("measured-{}", number));
}

/// Appends at the given rate, without transactions; a commit is waited for before the next events.
class Feeder final {
 public:
  Feeder(Log& log, const Config& config, EventSource& events, AppendTimes& times, const Load& load)
      : config_(config), events_(events), times_(times), load_(load) {
    WriterOptions options;
    options.topics = {TopicName(config, "interactions")};
    writer_ = Must(log.OpenWriter(options));
    Must(writer_->Initialise());
  }

  void Run() {
    constexpr std::chrono::microseconds kLookAgain{200};
    start_ = SteadyClock::now();
    while (sent_ < load_.rate * load_.seconds) {
      std::this_thread::sleep_for(kLookAgain);
      if (Due() == sent_) continue;
      const auto leave_at = SteadyClock::now() + load_.linger;
      Must(writer_->Begin());
      AppendDue();
      while (SteadyClock::now() < leave_at) {
        std::this_thread::sleep_for(kLookAgain);
        AppendDue();
      }
      static_cast<void>(Must(writer_->Commit()));
    }
  }

 private:
  std::int64_t Due() const {
    const double due = SecondsSince(start_) * static_cast<double>(load_.rate);
    return std::min(load_.rate * load_.seconds, static_cast<std::int64_t>(due));
  }

  void AppendDue() {
    for (const std::int64_t due = Due(); sent_ < due; ++sent_) {
      InputEvent event = events_.Next();
      NameEvent(event, static_cast<std::size_t>(sent_));
      if (sent_ >= load_.rate * load_.warm_up) times_.Set(static_cast<std::size_t>(sent_));
      Must(writer_->Append(InteractionRecord(config_, std::move(event))));
    }
  }

  const Config& config_;
  EventSource& events_;
  AppendTimes& times_;
  const Load load_;
  std::unique_ptr<Writer> writer_;
  SteadyClock::time_point start_;
  std::int64_t sent_ = 0;
};

const Counter& Batches(Service& service, const char* name) {
  return service.metrics().GetCounter("freshet_batches_total", "", {{"operator", name}});
}

int Main(int argc, char** argv) {
  const Arguments arguments(argc, argv, kUsage);
  const TemporaryFolder folder;
  const Config config = MakeConfig(arguments.Word(0), folder.path());
  const bool on_kafka = !config.kafka.bootstrap_servers.empty();
  const std::int64_t rate = arguments.Number("rate", 1'000);
  const std::int64_t warm_up = arguments.Number("warm-up", on_kafka ? kBrokerWarmUpSeconds : kWarmUpSeconds);
  const std::chrono::milliseconds linger(arguments.Number("linger", on_kafka ? kBrokerLingerMs : 0));
  const std::int64_t seconds = arguments.Number("seconds", 20) + warm_up;
  const auto events = OpenEvents(arguments.Text("input", "generated 10000,5000,0.8"));
  {
    const auto log = Must(OpenLog(config, LogAccess::kReadWrite));
    Fill(*log, config, *events, kWarmUpEvents);
  }
  const auto service = Must(Service::Start(config));
  const Counter& consumed =
      service->metrics().GetCounter("freshet_records_consumed_total", "", {{"operator", "user"}});
  WaitUntil([&] { return consumed.Value() >= kWarmUpEvents; }, std::chrono::seconds(120), "warm-up");
  AppendTimes times(static_cast<std::size_t>(rate * seconds));
  const auto reader = ReadListsFromNow(service->log(), config);
  std::atomic<bool> stop{false};
  Heard heard;
  std::thread listener([&] { heard = Listen(*reader, times, stop); });
  const Counter& user_batches = Batches(*service, "user");
  const Counter& item_batches = Batches(*service, "item");
  const std::uint64_t batches_before[] = {user_batches.Value(), item_batches.Value()};
  const double cpu = CpuSeconds();
  const auto start = SteadyClock::now();
  Feeder(service->log(), config, *events, times, {rate, seconds, warm_up, linger}).Run();
  const double took = SecondsSince(start);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // the last lists
  stop = true;
  listener.join();
  std::vector<double>& ms = heard.latencies_ms;
  fmt::print(
      "rate_s={:.0f} sent={} measured={} p50_ms={:.2f} p90_ms={:.2f} p99_ms={:.2f} max_ms={:.2f} "
      "cores={:.2f} lists_s={:.0f} list_bytes={} user_batches_s={:.0f} item_batches_s={:.0f} load={:.2f}\n",
      static_cast<double>(rate * seconds) / took, rate * seconds, ms.size(), Quantile(ms, 0.5),
      Quantile(ms, 0.9), Quantile(ms, 0.99), Quantile(ms, 1), (CpuSeconds() - cpu) / took,
      static_cast<double>(heard.lists) / took, heard.bytes / std::max<std::size_t>(1, heard.lists),
      static_cast<double>(user_batches.Value() - batches_before[0]) / took,
      static_cast<double>(item_batches.Value() - batches_before[1]) / took, LoadAverage());
  service->Stop();
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) { return freshet::bench::Main(argc, argv); }
