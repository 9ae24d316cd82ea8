#include "events.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "app/log_factory.h"
#include "base/hash.h"
#include "codec/time.h"
#include "config/topics.h"
#include "connectors/file/lines.h"
#include "support.h"

namespace freshet::bench {
namespace {

constexpr std::int64_t kBatch = 10'000;
constexpr Timestamp kGeneratedStart{1'750'000'000'000};
constexpr std::int64_t kGeneratedStepMs = 50;

/// Where the text of a field lies in one line: first byte and length. Nothing but our own files is read here.
std::optional<std::pair<std::size_t, std::size_t>> FindText(const std::string& line, std::string_view field) {
  const std::string opening = fmt::format("\"{}\":\"", field);
  const std::size_t at = line.find(opening);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t start = at + opening.size();
  return std::pair(start, line.find('"', start) - start);
}

class FileEvents final : public EventSource {
 public:
  explicit FileEvents(std::string path) : path_(std::move(path)), lines_(Must(LineReader::Open(path_))) {}

  InputEvent Next() override {
    auto line = Must(lines_.Next());
    if (!line) {
      lines_ = Must(LineReader::Open(path_));
      line = Must(lines_.Next());
      if (!line) Give(path_ + " is empty");
      ++round_;
      shift_ms_ += last_.ms - first_.ms;
    }
    InputEvent event;
    event.value = std::string(*line);
    Shift(event);
    return event;
  }

 private:
  void Shift(InputEvent& event) {
    const auto time = FindText(event.value, "occurred_at");
    const auto user = FindText(event.value, "user_id");
    if (!time || !user) Give(path_ + ": an event without user_id or occurred_at");
    const Timestamp at = Must(ParseRfc3339(std::string_view(event.value).substr(time->first, time->second)));
    event.user_id = event.value.substr(user->first, user->second);
    if (round_ == 0) {
      if (first_.ms == 0) first_ = at;
      last_ = at;
      return;
    }
    // The later position first, so that the other one stays true.
    event.value.replace(time->first, time->second, TimestampToRfc3339({at.ms + shift_ms_}));
    event.user_id += fmt::format("-{}", round_);
    event.value.replace(user->first, user->second, event.user_id);
  }

  std::string path_;
  LineReader lines_;
  int round_ = 0;
  std::int64_t shift_ms_ = 0;
  Timestamp first_;
  Timestamp last_;
};

class GeneratedEvents final : public EventSource {
 public:
  GeneratedEvents(std::uint64_t users, std::uint64_t items, double skew) : users_(users), random_(1) {
    double sum = 0;
    for (std::uint64_t i = 1; i <= items; ++i) {
      sum += std::pow(static_cast<double>(i), -skew);
      cumulated_.push_back(sum);
    }
  }

  InputEvent Next() override {
    const double x = random_.Uniform();
    const auto user = static_cast<std::uint64_t>(x * x * static_cast<double>(users_));
    const double mass = random_.Uniform() * cumulated_.back();
    const auto item = std::upper_bound(cumulated_.begin(), cumulated_.end(), mass) - cumulated_.begin();
    const Timestamp at{kGeneratedStart.ms + kGeneratedStepMs * static_cast<std::int64_t>(number_)};
    InputEvent event;
    event.user_id = fmt::format("user-{:08}", user);
    event.value = fmt::format(
        R"({{"event_id":"generated-{:012}","user_id":"{}","session_id":"s-{:08}-{}","item_id":"item-{:07}",)"
        R"("type":"click","occurred_at":"{}","context":{{"device":"mobile","country":"GB"}}}})",
        number_, event.user_id, user, number_ / 500'000, item, TimestampToRfc3339(at));
    ++number_;
    return event;
  }

 private:
  std::uint64_t users_;
  Random random_;
  std::vector<double> cumulated_;
  std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<EventSource> OpenEvents(const std::string& input) {
  constexpr std::string_view kGenerated = "generated ";
  if (input.rfind(kGenerated, 0) != 0) return std::make_unique<FileEvents>(input);
  unsigned long users = 0;
  unsigned long items = 0;
  double skew = 0;
  if (std::sscanf(input.c_str() + kGenerated.size(), "%lu,%lu,%lf", &users, &items, &skew) != 3) {
    Give("--input \"generated USERS,ITEMS,SKEW\"");
  }
  return std::make_unique<GeneratedEvents>(users, items, skew);
}

OutputRecord InteractionRecord(const Config& config, InputEvent event) {
  OutputRecord record;
  record.to = {TopicName(config, "interactions"),
               PartitionForKey(event.user_id, static_cast<std::int32_t>(config.topics.user_partitions))};
  record.key = std::move(event.user_id);
  record.value = std::move(event.value);
  return record;
}

void Fill(Log& log, const Config& config, EventSource& events, std::int64_t count) {
  static_cast<void>(Must(CreateMissingTopics(log, config)));
  WriterOptions options;
  options.transactional_id = config.app.id + "-bench-fill";
  options.topics = {TopicName(config, "interactions")};
  const auto writer = Must(log.OpenWriter(options));
  Must(writer->Initialise());
  for (std::int64_t done = 0; done < count;) {
    Must(writer->Begin());
    for (std::int64_t i = 0; i < kBatch && done < count; ++i, ++done) {
      Must(writer->Append(InteractionRecord(config, events.Next())));
    }
    static_cast<void>(Must(writer->Commit()));
  }
}

}  // namespace freshet::bench
