// bench_pipeline embedded|kafka=HOST:PORT [--events N] [--input FILE|"generated USERS,ITEMS,SKEW"]
//                [--detail full|compact] [--broker-pid PID]
//
// Fills the topic of interactions, then starts the service with the default configuration and measures until
// every event is in a committed batch and every delta is folded into the item model. One line of figures. The
// rate and the CPU time count from the first committed batch; the time before it is start_s.

#include "app/log_factory.h"
#include "app/service.h"
#include "events.h"
#include "support.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "bench_pipeline embedded|kafka=HOST:PORT [--events N] [--input FILE|\"generated USERS,ITEMS,SKEW\"] "
    "[--detail full|compact] [--broker-pid PID]";

/// Progress, from the service's own metrics.
class Progress final {
 public:
  explicit Progress(MetricsRegistry& metrics)
      : events_(metrics.GetCounter("freshet_records_consumed_total", "", {{"operator", "user"}})),
        deltas_(metrics.GetCounter("freshet_item_deltas_total", "")),
        rejected_(
            metrics.GetCounter("freshet_records_total", "", {{"operator", "user"}, {"outcome", "rejected"}})),
        deltas_folded_(metrics.GetCounter("freshet_records_consumed_total", "", {{"operator", "item"}})),
        lists_(metrics.GetCounter("freshet_lists_total", "")),
        lists_bytes_(metrics.GetCounter("freshet_lists_bytes_total", "")) {}

  std::int64_t Events() const { return static_cast<std::int64_t>(events_.Value()); }
  double Lists() const { return static_cast<double>(lists_.Value()); }
  double ListsBytes() const { return static_cast<double>(lists_bytes_.Value()); }
  std::uint64_t Rejected() const { return rejected_.Value(); }
  double Deltas() const { return static_cast<double>(deltas_folded_.Value()); }
  bool Drained(std::int64_t events) const {
    return Events() >= events && deltas_folded_.Value() >= deltas_.Value();
  }

 private:
  const Counter& events_;
  const Counter& deltas_;
  const Counter& rejected_;
  const Counter& deltas_folded_;
  const Counter& lists_;
  const Counter& lists_bytes_;
};

struct Measured {
  double start_s = 0;
  std::int64_t first = 0;  ///< events of the batches before the clock started
  double first_lists = 0;
  double user_s = 0;  ///< until the last event
  double seconds = 0;
  double cpu_s = 0;
  double broker_cpu_s = 0;
};

Measured Drain(const Service& service, const Progress& progress, std::int64_t events, long broker) {
  constexpr std::chrono::seconds kLimit{1'200};
  Measured measured;
  const auto asked = SteadyClock::now();
  const auto alive = [&] {
    if (!service.FatalError().empty()) Give(service.FatalError());
    return true;
  };
  WaitUntil([&] { return alive() && progress.Events() > 0; }, kLimit, "first batch");
  measured.start_s = SecondsSince(asked);
  measured.first = progress.Events();
  measured.first_lists = progress.Lists();
  const auto start = SteadyClock::now();
  const double cpu = CpuSeconds();
  const double broker_cpu = CpuSecondsOf(broker);
  WaitUntil([&] { return alive() && progress.Events() >= events; }, kLimit, "all events");
  measured.user_s = SecondsSince(start);
  WaitUntil([&] { return alive() && progress.Drained(events); }, kLimit, "all deltas");
  measured.seconds = SecondsSince(start);
  measured.cpu_s = CpuSeconds() - cpu;
  measured.broker_cpu_s = CpuSecondsOf(broker) - broker_cpu;
  return measured;
}

void Print(const Progress& progress, const Measured& m, std::int64_t events) {
  const auto counted = static_cast<double>(events - m.first);
  fmt::print(
      "events={} rejected={} start_s={:.2f} seconds={:.2f} events_s={:.0f} cpu_us_event={:.2f} "
      "broker_cpu_us_event={:.2f} events_per_cpu_s={:.0f} items_behind_s={:.2f} lists={:.0f} lists_s={:.0f} "
      "bytes_list={:.0f} delta_records={:.0f} rss_peak_mib={:.0f} load={:.2f}\n",
      events, progress.Rejected(), m.start_s, m.seconds, counted / m.seconds, m.cpu_s / counted * 1e6,
      m.broker_cpu_s / counted * 1e6, counted / (m.cpu_s + m.broker_cpu_s), m.seconds - m.user_s,
      progress.Lists(), (progress.Lists() - m.first_lists) / m.seconds,
      progress.ListsBytes() / std::max(1.0, progress.Lists()), progress.Deltas(), MemoryMib("VmHWM"),
      LoadAverage());
}

int Main(int argc, char** argv) {
  const Arguments arguments(argc, argv, kUsage);
  const TemporaryFolder folder;
  Config config = MakeConfig(arguments.Word(0), folder.path());
  config.publish.detail = arguments.Text("detail", "full") == "compact" ? Detail::kCompact : Detail::kFull;
  const std::int64_t events = arguments.Number("events", 600'000);
  {
    const auto source = OpenEvents(arguments.Text("input", "demo/interactions.jsonl.zst"));
    const auto log = Must(OpenLog(config, LogAccess::kReadWrite));
    Fill(*log, config, *source, events);
  }
  ResetPeakMemory();
  const auto service = Must(Service::Start(config));
  const Progress progress(service->metrics());
  const Measured measured =
      Drain(*service, progress, events, static_cast<long>(arguments.Number("broker-pid", 0)));
  Print(progress, measured, events);
  service->Stop();
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) { return freshet::bench::Main(argc, argv); }
