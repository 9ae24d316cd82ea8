// The plain fold "last 20 items of each user; publish the list for each event" as an operator of this engine,
// for a comparison with the same fold elsewhere on the same records (fold_compare.sh):
//
//   bench_fold fill kafka=HOST:PORT [--events N] [--users U]    creates and fills `clicks`, creates `lists`
//   bench_fold run  kafka=HOST:PORT [--events N] [--broker-pid PID] [--output TOPIC]   a line of figures
//
// A click is {"user":"u7","item":"i9","ts":1750000000000}, its key the user; state and list are
// {"user":"u7","ts":...,"items":["i9",...]}, the newest first. Exactly once, batches of 100 ms, lz4. The
// rate and the CPU time of `run` count from the first committed batch.

#include <string_view>

#include "app/log_factory.h"
#include "app/recommender_config.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engine/recommender_topology.h"
#include "engine/supervisor.h"
#include "state/keys.h"
#include "support.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage =
    "bench_fold fill|run kafka=HOST:PORT [--events N] [--users U] [--broker-pid PID] [--output TOPIC]";
constexpr std::int32_t kPartitions = 4;
constexpr std::size_t kItems = 20;

std::string_view Between(std::string_view text, std::string_view opening, char closing) {
  const std::size_t at = text.find(opening);
  if (at == std::string_view::npos) return {};
  const std::size_t start = at + opening.size();
  return text.substr(start, std::min(text.find(closing, start), text.size()) - start);
}

/// The items of a list, still quoted, cut off after the newest n.
std::string_view NewestItems(std::string_view list, std::size_t n) {
  const std::string_view items = Between(list, "\"items\":[", ']');
  std::size_t end = 0;
  for (std::size_t i = 0; i < n && end != std::string_view::npos; ++i)
    end = items.find(',', end + (i > 0 ? 1 : 0));
  return items.substr(0, end);
}

class LastItems final : public Operator {
 public:
  std::vector<std::string> Inputs() const override { return {"clicks"}; }
  void Process(const RoledRecord& input, Context& context) override {
    const Record& click = *input.record;
    const std::string& user = *click.key;
    const std::string key = KeyBuilder('f').Tail(user).Take();
    std::string list =
        fmt::format(R"({{"user":"{}","ts":{},"items":["{}")", user, Between(*click.value, "\"ts\":", '}'),
                    Between(*click.value, "\"item\":\"", '"'));
    if (const auto old = context.state().Get(key)) {
      list += ',';
      list += NewestItems(*old, kItems - 1);
    }
    list += "]}";
    context.state().Put(key, list);
    OutputRecord output;
    output.to = {"lists", context.partition()};
    output.key = user;
    output.value = std::move(list);
    context.Emit(std::move(output));
    context.Count(Outcome::kAccepted);
  }
  void CloseBatch(Context&) override {}
  void Discard() override {}
};

Topology FoldTopology(const Config& config, const std::string& output) {
  Topology topology;
  topology.app = config.app.id;
  topology.user_partitions = kPartitions;
  topology.topics = {{"clicks", "clicks"},
                     {"lists", output},
                     {std::string(kDeadLettersRole), config.topics.prefix + "dead-letters"},
                     {std::string(kItemModelRole), config.topics.prefix + "item-model"},
                     {"fold-changelog", config.topics.prefix + "fold-changelog"}};
  OperatorSpec fold{"fold", {"clicks"}, {"lists"}, kPartitions, false, {}};
  fold.make = [](Partition) { return std::make_unique<LastItems>(); };
  topology.operators = {std::move(fold)};
  return topology;
}

TopicSpec Spec(const std::string& name, std::int32_t partitions, Cleanup cleanup = Cleanup::kDelete) {
  TopicSpec spec;
  spec.name = name;
  spec.partitions = partitions;
  spec.cleanup = cleanup;
  return spec;
}

std::string ClickOf(Random& random, std::uint64_t user) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  return fmt::format(R"({{"user":"u{}","item":"i{}","ts":{}}})", user, random.Below(50'000), now);
}

/// Users by u = U x^2, in transactions of 100 ms, so that the readers meet as many control records.
void FillClicks(const Config& config, std::int64_t events, std::uint64_t users) {
  const auto log = Must(OpenLog(config, LogAccess::kReadWrite));
  Must(EnsureTopics(*log, {Spec("clicks", kPartitions), Spec("lists", kPartitions)}));
  WriterOptions options;
  options.transactional_id = config.app.id + "-fill";
  options.topics = {"clicks"};
  const auto writer = Must(log->OpenWriter(options));
  Must(writer->Initialise());
  Random random(7);
  for (std::int64_t done = 0; done < events;) {
    const auto begun = SteadyClock::now();
    Must(writer->Begin());
    do {
      const double x = random.Uniform();
      const auto user = static_cast<std::uint64_t>(x * x * static_cast<double>(users));
      OutputRecord click;
      click.to = {"clicks", {static_cast<std::int32_t>(user % kPartitions)}};
      click.key = fmt::format("u{}", user);
      click.value = ClickOf(random, user);
      Must(writer->Append(std::move(click)));
    } while (++done < events && (done % 256 != 0 || SecondsSince(begun) < 0.1));
    static_cast<void>(Must(writer->Commit()));
  }
  fmt::print("filled={}\n", events);
}

void RunFold(const Config& config, const std::string& output, std::int64_t events, long broker) {
  const Topology topology = FoldTopology(config, output);
  SupervisorOptions options = SupervisorOptionsOf(config);
  const auto log = Must(OpenLog(config, LogAccess::kReadWrite, options.task.storage_memory));
  Must(EnsureTopics(*log, {Spec(output, kPartitions), Spec(topology.TopicOf(kDeadLettersRole), kPartitions),
                           Spec(topology.TopicOf(kItemModelRole), 1, Cleanup::kCompact),
                           Spec(topology.ChangelogOf("fold"), kPartitions, Cleanup::kCompact)}));
  MetricsRegistry metrics;
  Supervisor supervisor(*log, topology, std::move(options), metrics);
  const auto asked = SteadyClock::now();
  Must(supervisor.Start());
  const Counter& consumed = metrics.GetCounter("freshet_records_consumed_total", "", {{"operator", "fold"}});
  const Counter& batches = metrics.GetCounter("freshet_batches_total", "", {{"operator", "fold"}});
  WaitUntil([&] { return consumed.Value() > 0; }, std::chrono::seconds(60), "first batch");
  const double start_s = SecondsSince(asked);
  const auto start = SteadyClock::now();
  const std::uint64_t first = consumed.Value();
  const double cpu = CpuSeconds();
  const double broker_cpu = CpuSecondsOf(broker);
  WaitUntil([&] { return static_cast<std::int64_t>(consumed.Value()) >= events; }, std::chrono::seconds(600),
            "all clicks");
  const double seconds = SecondsSince(start);
  const double cpu_s = CpuSeconds() - cpu;
  const auto counted = static_cast<double>(events) - static_cast<double>(first);
  fmt::print(
      "events={} start_s={:.2f} seconds={:.2f} events_s={:.0f} cpu_us_event={:.2f} "
      "broker_cpu_us_event={:.2f} "
      "batches={} rss_peak_mib={:.0f} load={:.2f}\n",
      events, start_s, seconds, counted / seconds, cpu_s / counted * 1e6,
      (CpuSecondsOf(broker) - broker_cpu) / counted * 1e6, batches.Value(), MemoryMib("VmHWM"),
      LoadAverage());
  supervisor.Stop();
}

int Main(int argc, char** argv) {
  const Arguments arguments(argc, argv, kUsage);
  const TemporaryFolder folder;
  const Config config = MakeConfig(arguments.Word(1), folder.path());
  if (UsesEmbeddedLog(config)) Give(kUsage);
  const std::int64_t events = arguments.Number("events", 1'000'000);
  if (arguments.Word(0) == "fill") {
    FillClicks(config, events, static_cast<std::uint64_t>(arguments.Number("users", 100'000)));
  } else if (arguments.Word(0) == "run") {
    RunFold(config, arguments.Text("output", config.topics.prefix + "lists"), events,
            static_cast<long>(arguments.Number("broker-pid", 0)));
  } else {
    Give(kUsage);
  }
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) { return freshet::bench::Main(argc, argv); }
