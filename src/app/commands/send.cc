#include <CLI/CLI.hpp>
#include <memory>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/event_sender.h"
#include "app/progress.h"
#include "app/recommender_config.h"
#include "base/format.h"
#include "config/topics.h"
#include "connectors/file/lines.h"
#include "serve/event_batch.h"

namespace freshet {
namespace {

struct SendOptions {
  std::string topic;
  std::string input = "-";
  bool unchecked = false;
  bool json = false;
};

// Reasons shown on stderr; all are counted.
constexpr std::uint64_t kReasonsShown = 10;

/// Lines of one input to one topic, in batches.
class LineSending final {
 public:
  LineSending(const Config& config, EventSender& sender, EventTopic topic, bool unchecked)
      : sender_(sender),
        topic_(std::move(topic)),
        batcher_(RecommenderOptionsOf(config).decoder),
        unchecked_(unchecked) {}

  Result<void> Add(std::string_view line, std::uint64_t number) {
    bytes_ += line.size();
    lines_.emplace_back(line);
    numbers_.push_back(number);
    if (lines_.size() < kSendRecordsMax && bytes_ < kSendBytesMax) return {};
    return Flush();
  }

  Result<void> Flush() {
    EventBatch batch = unchecked_ ? batcher_.PrepareUnchecked(topic_, std::move(lines_))
                                  : batcher_.Prepare(topic_, std::move(lines_));
    lines_.clear();
    bytes_ = 0;
    for (const LineRejection& refused : batch.rejections) Report(refused);
    numbers_.clear();
    rejected_ += batch.rejections.size();
    if (batch.records.empty()) return {};
    const std::size_t count = batch.records.size();
    FRESHET_CHECK(sender_.Send(std::move(batch.records)));
    accepted_ += count;
    return {};
  }

  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t rejected() const { return rejected_; }

 private:
  void Report(const LineRejection& refused) {
    if (++reported_ > kReasonsShown) return;
    const Rejection& why = refused.rejection;
    Say(fmt::format("line {}: {}{}{}: {}; {}", numbers_[refused.line - 1], why.reason_code,
                    why.path.empty() ? "" : " at ", why.path, why.message, why.fix_hint));
  }

  EventSender& sender_;
  EventTopic topic_;
  EventBatcher batcher_;
  bool unchecked_;
  std::vector<std::string> lines_;
  std::vector<std::uint64_t> numbers_;  // of lines_ in the input, where blank ones count
  std::size_t bytes_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t reported_ = 0;
};

Result<void> SendLines(LineReader& lines, LineSending& sending, Progress& progress) {
  while (true) {
    FRESHET_TRY(const auto line, lines.Next());
    if (!line) return sending.Flush();
    if (line->find_first_not_of(" \t\r") == std::string_view::npos) continue;
    FRESHET_CHECK(sending.Add(*line, lines.LineNumber()));
    progress.Show(sending.accepted());
  }
}

Result<int> Send(const Config& config, const SendOptions& options) {
  const std::string role = RoleOf(config, options.topic);
  if (role.empty() || !IsInputRole(role)) {
    return WrongUsage(fmt::format(
        "\"{}\" is no input topic; send to interactions, ratings, feedback, catalogue or profiles",
        options.topic));
  }
  FRESHET_TRY(auto lines, LineReader::Open(options.input));
  FRESHET_TRY(const auto sender, OpenEventSender(config, !options.unchecked));
  FRESHET_TRY(const std::int32_t partitions, sender->Partitions(role));
  LineSending sending(config, *sender, {role, TopicName(config, role), partitions}, options.unchecked);
  Result<void> sent;
  double seconds = 0;
  {
    Progress progress("events sent");
    sent = SendLines(lines, sending, progress);
    seconds = progress.Seconds();
  }
  FRESHET_CHECK(PrintLine(
      options.json ? fmt::format(R"({{"accepted":{},"rejected":{},"seconds":{:.3f}}})", sending.accepted(),
                                 sending.rejected(), seconds)
                   : fmt::format("accepted {} rejected {}", sending.accepted(), sending.rejected())));
  if (!sent.ok()) return std::move(sent).error();
  return sending.rejected() == 0 ? 0 : 1;
}

}  // namespace

void AddSendCommand(CommandLine& line) {
  const auto options = std::make_shared<SendOptions>();
  CLI::App& app =
      line.Add({.name = "send",
                .summary = "Appends JSON Lines to an input topic; prints how many were accepted and rejected",
                .example = "freshet send interactions --input clicks.jsonl.zst"},
               [options](const Config& config) { return Send(config, *options); });
  app.add_option("TOPIC", options->topic,
                 "interactions, ratings, feedback, catalogue or profiles, or the topic's own name")
      ->required();
  app.add_option("--input", options->input, "File, also .gz or .zst; - is standard input (the default)");
  app.add_flag("--unchecked", options->unchecked,
               "Appends bad events too: the service makes dead letters of them");
  app.add_flag("--json", options->json, "Prints one JSON object");
}

}  // namespace freshet
