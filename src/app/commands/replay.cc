#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <queue>
#include <thread>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/event_sender.h"
#include "app/progress.h"
#include "app/recommender_config.h"
#include "base/format.h"
#include "codec/event_fields.h"
#include "codec/event_role.h"
#include "config/topics.h"
#include "connectors/file/lines.h"
#include "serve/event_batch.h"

namespace freshet {
namespace {

using Steady = std::chrono::steady_clock;

struct ReplayOptions {
  std::vector<std::string> files;
  std::string topic;
  std::string speed = "max";
  std::size_t window = 100'000;
  bool json = false;
};

// Reasons shown on stderr; all are counted.
constexpr std::uint64_t kReasonsShown = 10;
// At a given speed, what is due within this time is sent together.
constexpr std::chrono::milliseconds kTick{5};

struct Timed {
  std::int64_t at_ms = 0;
  std::uint64_t order = 0;  // equal times keep the order of the file
  OutputRecord record;
  bool operator>(const Timed& other) const {
    return at_ms != other.at_ms ? at_ms > other.at_ms : order > other.order;
  }
};

/// Puts events in the order of their times within a bounded window, and sends them when they are due.
class Replayer final {
 public:
  /// `speed` 0: at once.
  Replayer(const Config& config, EventSender& sender, const ReplayOptions& options, double speed)
      : config_(config),
        sender_(sender),
        options_(options),
        batcher_(RecommenderOptionsOf(config).decoder),
        reader_(RecommenderOptionsOf(config).decoder),
        speed_(speed) {}

  /// `place`: which line it is, for people.
  Result<void> Add(std::string_view line, const std::string& place) {
    FRESHET_TRY(const EventTopic topic, TopicOf(line));
    EventBatch batch = batcher_.Prepare(topic, {std::string(line)});
    ++lines_;
    for (const LineRejection& refused : batch.rejections) Report(place, refused.rejection);
    for (OutputRecord& record : batch.records) {
      window_.push({TimeOf(topic, record), lines_, std::move(record)});
    }
    if (window_.size() < options_.window) return {};
    return Release();
  }

  Result<void> Finish() {
    while (!window_.empty()) FRESHET_CHECK(Release());
    return Flush();
  }

  std::uint64_t sent() const { return sent_; }
  std::uint64_t rejected() const { return rejected_; }

 private:
  // --topic, or what the line looks like.
  Result<EventTopic> TopicOf(std::string_view line) {
    const std::string role =
        options_.topic.empty() ? std::string(GuessEventRole(line)) : RoleOf(config_, options_.topic);
    auto known = topics_.find(role);
    if (known == topics_.end()) {
      FRESHET_TRY(const std::int32_t partitions, sender_.Partitions(role));
      known = topics_.emplace(role, EventTopic{role, TopicName(config_, role), partitions}).first;
    }
    return known->second;
  }

  // An event without a time is sent with those before it; the catalogue is there before what refers to it.
  std::int64_t TimeOf(const EventTopic& topic, const OutputRecord& record) {
    if (topic.role == "catalogue" || topic.role == "profiles")
      return std::numeric_limits<std::int64_t>::min();
    Record read;
    read.value = record.value;
    const auto event = reader_.Decode(topic.role, read);
    const auto time = event ? EventTime(*event) : std::nullopt;
    if (time) newest_ms_ = std::max(newest_ms_, time->ms);
    return time ? time->ms : newest_ms_;
  }

  Result<void> Release() {
    Timed next =
        std::move(const_cast<Timed&>(window_.top()));  // the order is by members that a move leaves alone
    window_.pop();
    FRESHET_CHECK(WaitFor(next.at_ms));
    bytes_ += next.record.value ? next.record.value->size() : 0;
    due_.push_back(std::move(next.record));
    if (due_.size() < kSendRecordsMax && bytes_ < kSendBytesMax) return {};
    return Flush();
  }

  Result<void> WaitFor(std::int64_t at_ms) {
    if (speed_ <= 0 || at_ms == std::numeric_limits<std::int64_t>::min()) return {};
    if (!started_) {
      started_ = true;
      first_ms_ = at_ms;
      start_ = Steady::now();
    }
    const double ahead_ms = static_cast<double>(std::max<std::int64_t>(at_ms - first_ms_, 0)) / speed_;
    const auto due = start_ + std::chrono::microseconds(static_cast<std::int64_t>(ahead_ms * 1'000));
    if (due <= Steady::now() + kTick) return {};
    FRESHET_CHECK(Flush());
    std::this_thread::sleep_until(due);
    return {};
  }

  Result<void> Flush() {
    if (due_.empty()) return {};
    const std::size_t count = due_.size();
    FRESHET_CHECK(sender_.Send(std::exchange(due_, {})));
    bytes_ = 0;
    sent_ += count;
    return {};
  }

  void Report(const std::string& place, const Rejection& why) {
    if (++rejected_ > kReasonsShown) return;
    Say(fmt::format("{}: {}: {}; {}", place, why.reason_code, why.message, why.fix_hint));
  }

  const Config& config_;
  EventSender& sender_;
  const ReplayOptions& options_;
  EventBatcher batcher_;
  Decoder reader_;
  const double speed_;
  std::map<std::string, EventTopic> topics_;
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> window_;
  std::vector<OutputRecord> due_;
  std::size_t bytes_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t rejected_ = 0;
  std::int64_t newest_ms_ = 0;
  bool started_ = false;
  std::int64_t first_ms_ = 0;
  Steady::time_point start_;
};

std::optional<double> ParseSpeed(const std::string& text) {
  if (text == "max") return 0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !(speed > 0) || speed > 1e12)
    return std::nullopt;
  return speed;
}

Result<void> ReplayFiles(const ReplayOptions& options, Replayer& replayer, Progress& progress) {
  for (const std::string& file : options.files) {
    FRESHET_TRY(auto lines, LineReader::Open(file));
    while (true) {
      FRESHET_TRY(const auto line, lines.Next());
      if (!line) break;
      if (line->find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const std::string place = fmt::format("line {}", lines.LineNumber());
      FRESHET_CHECK(replayer.Add(*line, options.files.size() == 1 ? place : file + " " + place));
      progress.Show(replayer.sent());
    }
  }
  return replayer.Finish();
}

Result<int> Replay(const Config& config, const ReplayOptions& options) {
  const auto speed = ParseSpeed(options.speed);
  if (!speed) return WrongUsage("--speed: write max, or a number above 0 (1: as fast as it happened)");
  if (!options.topic.empty() && !IsInputRole(RoleOf(config, options.topic))) {
    return WrongUsage("--topic: write interactions, ratings, feedback, catalogue or profiles");
  }
  for (const std::string& file : options.files) {
    if (file == "-") continue;
    FRESHET_TRY([[maybe_unused]] const auto readable, LineReader::Open(file));  // before anything is created
  }
  FRESHET_TRY(const auto sender, OpenEventSender(config));
  Replayer replayer(config, *sender, options, *speed);
  Result<void> replayed;
  double seconds = 0;
  {
    Progress progress("events sent");
    replayed = ReplayFiles(options, replayer, progress);
    seconds = progress.Seconds();
  }
  const double rate = seconds > 0 ? static_cast<double>(replayer.sent()) / seconds : 0;
  FRESHET_CHECK(PrintLine(
      options.json
          ? fmt::format(R"({{"accepted":{},"rejected":{},"seconds":{:.3f},"events_per_second":{:.1f}}})",
                        replayer.sent(), replayer.rejected(), seconds, rate)
          : fmt::format("accepted {} rejected {} in {:.1f} s", replayer.sent(), replayer.rejected(),
                        seconds)));
  if (!replayed.ok()) return std::move(replayed).error();
  return replayer.rejected() == 0 ? 0 : 1;
}

}  // namespace

void AddReplayCommand(CommandLine& line) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App& app = line.Add({.name = "replay",
                            .summary = "Sends a recorded stream in event-time order",
                            .example = "freshet replay demo/interactions.jsonl.zst --speed 1000"},
                           [options](const Config& config) { return Replay(config, *options); });
  app.add_option("FILE", options->files, "JSON Lines, also .gz or .zst; several are sent one after the other")
      ->required();
  app.add_option("--speed", options->speed,
                 "N: N times as fast as it happened; max: as fast as it goes (default)");
  app.add_option("--topic", options->topic, "The topic of all lines; without it each line's fields decide");
  app.add_option("--window", options->window, "Events held to put them in order of time (default 100000)")
      ->check(CLI::Range(1, 10'000'000));
  app.add_flag("--json", options->json, "Prints one JSON object");
}

}  // namespace freshet
