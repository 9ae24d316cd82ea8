#include <sys/timex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/address_file.h"
#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/log_factory.h"
#include "base/clock.h"
#include "base/format.h"
#include "codec/json_writer.h"
#include "codec/time.h"
#include "config/topics.h"
#include "config/units.h"
#include "serve/http_client.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

// Less room than this is soon none: RocksDB needs space to compact before it gives space back.
constexpr std::uint64_t kFreeBytesMin = 1ULL << 30;
// Event times are compared with record times within minutes (processing.event_time_future_max).
constexpr std::int64_t kClockSkewMaxMs = 30'000;
constexpr std::chrono::seconds kOneRecordWait{5};

enum class Verdict { kGood, kWarning, kBad };

struct Finding {
  std::string check;
  Verdict verdict = Verdict::kGood;
  std::string message;  ///< with what to change, where something is wrong
};

class Examination final {
 public:
  explicit Examination(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    Good("configuration", UsesEmbeddedLog(config_) ? "valid; embedded log" : "valid; Kafka");
    CheckDirectory();
    CheckSpace();
    CheckMemory();
    CheckLog();
    return std::move(findings_);
  }

 private:
  void Add(std::string check, Verdict verdict, std::string message) {
    findings_.push_back({std::move(check), verdict, std::move(message)});
  }
  void Good(std::string check, std::string message) {
    Add(std::move(check), Verdict::kGood, std::move(message));
  }
  void Warn(std::string check, std::string message) {
    Add(std::move(check), Verdict::kWarning, std::move(message));
  }
  void Bad(std::string check, std::string message) {
    Add(std::move(check), Verdict::kBad, std::move(message));
  }

  // The nearest directory that exists: data.dir may still have to be created.
  fs::path ExistingPart() const {
    std::error_code ignored;
    fs::path path = fs::absolute(config_.data.dir, ignored);
    while (!fs::exists(path, ignored) && path.has_parent_path() && path != path.parent_path())
      path = path.parent_path();
    return path;
  }

  void CheckDirectory() {
    const fs::path path = ExistingPart();
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      return Bad("directory", fmt::format("{} is no directory; set data.dir", path.string()));
    }
    if (access(path.c_str(), W_OK | X_OK) != 0) {
      return Bad("directory",
                 fmt::format("{} may not be written; change its owner or set data.dir", path.string()));
    }
    Good("directory", path.string() + " may be written");
  }

  void CheckSpace() {
    std::error_code error;
    const fs::space_info space = fs::space(ExistingPart(), error);
    if (error) return Warn("disk", "free space is not known: " + error.message());
    const std::string free = FormatSize(static_cast<std::int64_t>(space.available >> 20 << 20));
    if (space.available < kFreeBytesMin) return Bad("disk", free + " free; make room, at least 1GiB");
    Good("disk", free + " free");
  }

  void CheckMemory() {
    const auto pages = sysconf(_SC_PHYS_PAGES);
    const auto page = sysconf(_SC_PAGE_SIZE);
    const auto physical = static_cast<std::int64_t>(pages) * page;
    const std::string budget = FormatSize(config_.state.memory_bytes);
    if (config_.state.memory_bytes > physical) {
      return Bad(
          "memory",
          fmt::format("the budget of {} is more than the machine has; lower state.memory_bytes", budget));
    }
    Good("memory", fmt::format("budget {} of {}", budget, FormatSize(physical >> 20 << 20)));
  }

  void CheckLog() {
    if (UsesEmbeddedLog(config_)) CheckInstance();
    const bool nothing_yet = UsesEmbeddedLog(config_) && !fs::exists(EmbeddedLogPath(config_));
    if (nothing_yet)
      return Good("log", "not there yet; the first `freshet run` or `freshet send` creates it");
    auto log = OpenLog(config_, LogAccess::kReadOnly);
    if (!log.ok()) return Bad("log", log.error().message);
    const auto cluster = (*log)->ClusterId();
    if (!cluster.ok()) return Bad("log", cluster.error().message);
    Good("log", "reached, id " + *cluster);
    CheckTopicsOf(**log);
    CheckClock(**log);
  }

  // Who holds the embedded log, if anyone.
  void CheckInstance() {
    const auto address = ReadAddressFile(config_);
    if (!address) return Good("instance", "none has said that it runs here");
    if (!RunningAddress(config_)) {
      return Warn("instance", fmt::format("{} names {}, but no process holds {}: it was killed; the next run "
                                          "takes over",
                                          AddressFilePath(config_), *address, config_.data.dir));
    }
    const auto answer = Fetch({.address = *address, .target = "/readyz", .timeout = std::chrono::seconds(5)});
    if (!answer.ok()) {
      return Warn("instance",
                  fmt::format("{} names {}, where nobody answers, though a process holds {}: look at its log",
                              AddressFilePath(config_), *address, config_.data.dir));
    }
    if (answer->status == 200) return Good("instance", "runs at " + *address + ", ready");
    Warn("instance",
         fmt::format("runs at {}, not ready: {}", *address, answer->body.substr(0, answer->body.find('\n'))));
  }

  void CheckTopicsOf(Log& log) {
    const auto checks = CheckTopics(log, config_);
    if (!checks.ok()) return Bad("topics", checks.error().message);
    std::size_t as_wanted = 0;
    for (const TopicCheck& check : *checks) {
      if (!check.exists) Bad("topics", check.wanted.name + " is missing; run `freshet topics create`");
      for (const std::string& difference : check.differences)
        Bad("topics", check.wanted.name + ": " + difference);
      if (check.exists && check.differences.empty()) ++as_wanted;
    }
    if (as_wanted == checks->size()) Good("topics", fmt::format("all {} are as wanted", as_wanted));
  }

  // The log stamps records with its own clock: a stamp in our future means that one of the clocks is wrong.
  // Behind ours it may simply be old.
  void CheckClock(Log& log) {
    if (!UsesEmbeddedLog(config_)) CheckSynchronisation();
    const Timestamp now = SystemClock().Now();
    const Timestamp limit{now.ms + kClockSkewMaxMs};
    for (const std::string& role : TopicRoles()) {
      const std::string topic = TopicName(config_, role);
      const auto described = log.Describe(topic);
      for (std::int32_t p = 0; described.ok() && p < described->partitions; ++p) {
        const auto marks = log.QueryWatermarks({topic, {p}}, Isolation::kReadUncommitted);
        const auto beyond = log.OffsetForTime({topic, {p}}, limit);
        if (!marks.ok() || !beyond.ok() || *beyond >= marks->high) continue;
        const Timestamp stamp = StampAt(log, {{topic, {p}}, *beyond}).value_or(limit);
        return Bad("clock",
                   fmt::format("{}/{}@{} is stamped {}, {} or more ahead of this machine's clock; set the "
                               "clocks of this machine, the brokers and the producers by NTP",
                               topic, p, beyond->value, TimestampToRfc3339(stamp),
                               FormatDuration(std::chrono::seconds((stamp.ms - now.ms) / 1'000))));
      }
    }
    Good("clock", "no record of the log is stamped in the future");
  }

  static std::optional<Timestamp> StampAt(Log& log, const Position& at) {
    const auto reader = log.OpenReader({});
    if (!reader.ok() || !(*reader)->Assign({at}).ok()) return std::nullopt;
    const auto polled = (*reader)->Poll(kOneRecordWait, {});
    if (!polled.ok() || polled->records.empty()) return std::nullopt;
    return polled->records.front().timestamp;
  }

  // Brokers and processes on other machines: their clocks agree only where each follows the right time.
  void CheckSynchronisation() {
    timex kernel{};
    const int state = adjtimex(&kernel);
    if (state == -1 || state == TIME_ERROR || (kernel.status & STA_UNSYNC) != 0) {
      return Warn("clock",
                  "the kernel does not know this machine's clock to be synchronised; start an NTP "
                  "client (chrony, systemd-timesyncd) where none runs on the host either");
    }
    Good("clock", fmt::format("synchronised, off by {} ms at most", kernel.maxerror / 1'000));
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

std::string FindingsJson(const std::vector<Finding>& findings) {
  constexpr std::string_view kNames[] = {"good", "warning", "bad"};
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("findings");
  json.BeginArray();
  for (const Finding& finding : findings) {
    json.BeginObject();
    json.Field("check", std::string_view(finding.check));
    json.Field("verdict", kNames[static_cast<int>(finding.verdict)]);
    json.Field("message", std::string_view(finding.message));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

Result<int> Diagnose(const Config& config, bool json) {
  constexpr std::string_view kMarks[] = {"ok  ", "warn", "BAD "};
  const std::vector<Finding> findings = Examination(config).Run();
  bool bad = false;
  for (const Finding& finding : findings) {
    bad = bad || finding.verdict == Verdict::kBad;
    if (json) continue;
    FRESHET_CHECK(PrintLine(fmt::format("{} {:<14} {}", kMarks[static_cast<int>(finding.verdict)],
                                        finding.check, finding.message)));
  }
  if (json) FRESHET_CHECK(PrintLine(FindingsJson(findings)));
  return bad ? 1 : 0;
}

}  // namespace

void AddDoctorCommand(CommandLine& line) {
  const auto json = std::make_shared<bool>(false);
  CLI::App& app =
      line.Add({.name = "doctor",
                .summary = "Checks configuration, disk, memory, log, topics and clocks; says what to change",
                .example = "freshet doctor --config freshet.toml"},
               [json](const Config& config) { return Diagnose(config, *json); });
  app.add_flag("--json", *json, "Prints one JSON object");
}

}  // namespace freshet
