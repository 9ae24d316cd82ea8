#include "connectors/kafka/handle.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/format.h"
#include "base/logging.h"

namespace freshet::kafka {

// librdkafka repeats a line for every broker and every reconnection; one in five seconds a facility is
// enough.
constexpr std::chrono::seconds kSameFacilityPause{5};
constexpr std::size_t kFacilitiesMax = 64;

class HandleContext {
 public:
  explicit HandleContext(const HandleSpec& spec) : name_(spec.name), owner_(spec.owner) {}
  void* owner() const { return owner_; }
  std::string LastError() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
  }
  void Log(int level, const std::string& facility, std::string_view line);

 private:
  struct Repeats {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back = 0;
  };
  std::optional<std::uint64_t> Admit(const std::string& facility);

  const std::string name_;
  void* const owner_;
  mutable std::mutex mutex_;
  std::string last_error_;
  std::map<std::string, Repeats> repeats_;
};

namespace {

constexpr int kSyslogError = 3;
constexpr int kSyslogWarning = 4;

void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* line) {
  static_cast<HandleContext*>(rd_kafka_opaque(client))->Log(level, facility, line);
}

std::string Redacted(const Setting& setting, std::string text) {
  const auto& [name, value] = setting;
  if (!IsSecret(name) || value.empty()) return text;
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 3)) {
    text.replace(at, value.size(), "***");
  }
  return text;
}

Result<Owned<rd_kafka_conf_t>> Configure(const SettingList& settings) {
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  std::array<char, 512> text{};
  for (const Setting& setting : settings) {
    const auto& [name, value] = setting;
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) ==
        RD_KAFKA_CONF_OK) {
      continue;
    }
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("kafka setting {}: {}", name, Redacted(setting, text.data())));
  }
  return conf;
}

}  // namespace

void HandleContext::Log(int level, const std::string& facility, std::string_view line) {
  if (level > kSyslogWarning) return LogDebug(line, {{"kafka", name_}, {"facility", facility}});
  std::optional<std::uint64_t> held_back;
  {
    const std::lock_guard lock(mutex_);
    // A line of the facility ERROR sums up the one before ("1/1 brokers are down").
    if (level <= kSyslogError && (last_error_.empty() || facility != "ERROR"))
      last_error_ = std::string(line);
    held_back = Admit(facility);
  }
  if (!held_back) return;
  // librdkafka calls a refused connection an error and fencing critical; here both are no more than degraded
  // service, and what is worse comes back as the Error of a call.
  LogWarn(line, {{"kafka", name_}, {"facility", facility}, {"held_back", *held_back}});
}

std::optional<std::uint64_t> HandleContext::Admit(const std::string& facility) {
  if (repeats_.size() >= kFacilitiesMax) repeats_.clear();
  Repeats& seen = repeats_[facility];
  const auto now = std::chrono::steady_clock::now();
  if (seen.last.time_since_epoch().count() != 0 && now - seen.last < kSameFacilityPause) {
    ++seen.held_back;
    return std::nullopt;
  }
  seen.last = now;
  return std::exchange(seen.held_back, 0);
}

Result<Handle> Handle::Open(const HandleSpec& spec) {
  FRESHET_TRY(auto conf, Configure(spec.settings));
  auto context = std::make_unique<HandleContext>(spec);
  rd_kafka_conf_set_opaque(conf.get(), context.get());
  rd_kafka_conf_set_log_cb(conf.get(), &OnLog);
  if (spec.on_delivery) rd_kafka_conf_set_dr_msg_cb(conf.get(), spec.on_delivery);
  if (spec.on_rebalance) rd_kafka_conf_set_rebalance_cb(conf.get(), spec.on_rebalance);
  if (spec.on_offset_commit) rd_kafka_conf_set_offset_commit_cb(conf.get(), spec.on_offset_commit);
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(spec.type, conf.get(), text.data(), text.size());
  if (!client) {
    std::string why = text.data();
    for (const Setting& setting : spec.settings) why = Redacted(setting, std::move(why));
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("kafka {}: {}", spec.name, why));
  }
  static_cast<void>(conf.release());  // rd_kafka_new took it
  return Handle(std::move(context), client);
}

Handle::Handle(std::unique_ptr<HandleContext> context, rd_kafka_t* client)
    : context_(std::move(context)), client_(client) {}

Handle::Handle(Handle&& other) noexcept
    : context_(std::move(other.context_)), client_(std::exchange(other.client_, nullptr)) {}

Handle::~Handle() {
  if (!client_) return;
  // Closing a consumer here can block for ever in 2.0.2 when a partition is lost or its topic deleted.
  rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

std::string Handle::LastError() const { return context_->LastError(); }

Error Handle::Explain(Error error) const {
  if (error.code != ErrorCode::kUnavailable && error.code != ErrorCode::kTimeout) return error;
  const std::string last = LastError();
  if (!last.empty()) error.message += "; last connection error: " + last;
  return error;
}

Result<void> Handle::CheckAlive(std::string_view what) const {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(client_, text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  Error error = ErrorFrom(code, what, text.data());
  if (error.code != ErrorCode::kInvalidArgument) error.code = ErrorCode::kFenced;
  return error;
}

void* OwnerOf(void* opaque) {
  FRESHET_ASSERT(opaque != nullptr);
  return static_cast<HandleContext*>(opaque)->owner();
}

Result<void> CheckSettings(const SettingList& settings) {
  FRESHET_TRY([[maybe_unused]] auto conf, Configure(settings));
  return {};
}

int Deadline::Left(std::chrono::milliseconds bound) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), bound).count());
}

}  // namespace freshet::kafka
