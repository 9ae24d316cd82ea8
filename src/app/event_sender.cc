#include "app/event_sender.h"

#include <chrono>
#include <map>
#include <thread>

#include "app/address_file.h"
#include "app/log_factory.h"
#include "base/format.h"
#include "config/topics.h"
#include "serve/http_client.h"
#include "serve/url.h"

namespace freshet {
namespace {

// A busy instance asks for a second's patience at a time.
constexpr int kBusyAnswersMax = 120;

class LogSender final : public EventSender {
 public:
  LogSender(const Config& config, std::unique_ptr<Log> log, std::unique_ptr<Writer> writer)
      : config_(config), log_(std::move(log)), writer_(std::move(writer)) {}

  Result<void> Send(std::vector<OutputRecord> records) override {
    FRESHET_CHECK(writer_->Begin());
    for (OutputRecord& record : records) FRESHET_CHECK(writer_->Append(std::move(record)));
    FRESHET_TRY([[maybe_unused]] const CommitReceipt receipt, writer_->Commit());
    return {};
  }

  Result<std::int32_t> Partitions(const std::string& role) override {
    auto described = log_->Describe(TopicName(config_, role));
    if (described.ok()) return described->partitions;
    if (described.error().code != ErrorCode::kNotFound) return std::move(described).error();
    return MakeError(ErrorCode::kNotFound,
                     described.error().message + "; create it with `freshet topics create`");
  }

 private:
  const Config& config_;
  std::unique_ptr<Log> log_;  // outlives the writer
  std::unique_ptr<Writer> writer_;
};

class HttpSender final : public EventSender {
 public:
  HttpSender(const Config& config, std::string address, bool checked)
      : config_(config), address_(std::move(address)), query_(checked ? "" : "?unchecked=true") {}

  Result<void> Send(std::vector<OutputRecord> records) override {
    std::map<std::string, std::string> lines;  // by topic
    for (OutputRecord& record : records) {
      if (!record.value)
        return MakeError(ErrorCode::kUnsupported, "a running instance takes no tombstones by HTTP");
      lines[record.to.topic] += *record.value + "\n";
    }
    for (auto& [topic, body] : lines) FRESHET_CHECK(Post(topic, std::move(body)));
    return {};
  }

  // The instance places records itself; any number will do here.
  Result<std::int32_t> Partitions(const std::string& role) override {
    return static_cast<std::int32_t>(role == "catalogue" ? config_.topics.item_partitions
                                                         : config_.topics.user_partitions);
  }

 private:
  Result<void> Post(const std::string& topic, std::string body) {
    const HttpCall call{.address = address_,
                        .method = "POST",
                        .target = "/v1/events/" + PercentEncode(topic) + query_,
                        .content_type = "application/x-ndjson",
                        .body = std::move(body)};
    for (int busy = 0;; ++busy) {
      FRESHET_TRY(const HttpResponse answer, Fetch(call));
      if (answer.status == 202) return {};
      const bool later = answer.status == 429;
      if (!later || busy == kBusyAnswersMax) return Refused(answer);
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }

  Error Refused(const HttpResponse& answer) const {
    return MakeError(ErrorCode::kUnavailable, fmt::format("the instance at {} answered {}: {}", address_,
                                                          answer.status, ErrorMessageOf(answer)));
  }

  const Config& config_;
  std::string address_;
  std::string query_;
};

}  // namespace

Result<std::unique_ptr<EventSender>> OpenEventSender(const Config& config, bool checked) {
  auto log = OpenLog(config, LogAccess::kReadWrite);
  if (!log.ok()) {
    const auto address = ReadAddressFile(config);
    const bool held = UsesEmbeddedLog(config) && log.error().code == ErrorCode::kAlreadyExists;
    if (!held || !address) return std::move(log).error();
    return std::make_unique<HttpSender>(config, *address, checked);
  }
  if (UsesEmbeddedLog(config)) {
    FRESHET_TRY([[maybe_unused]] const auto created, CreateMissingTopics(**log, config));
  }
  FRESHET_TRY(auto writer, (*log)->OpenWriter({}));
  FRESHET_CHECK(writer->Initialise());
  return std::make_unique<LogSender>(config, std::move(*log), std::move(writer));
}

}  // namespace freshet
