#include "app/event_appender.h"

#include "config/topics.h"

namespace freshet {
namespace {

constexpr std::size_t kBytesTogether = 32 << 20;

}  // namespace

EventAppender::EventAppender(Log& log, const Config& config, DecoderOptions decoder)
    : log_(log), config_(config), batcher_(std::move(decoder)), thread_([this] { Run(); }) {}

EventAppender::~EventAppender() { Stop(); }

void EventAppender::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EventAppender::Append(PostedEvents events, AppendDone done) {
  const std::string role = RoleOf(config_, events.topic);
  AppendOutcome refused;
  if (role.empty() || !IsInputRole(role)) {
    refused.status = AppendStatus::kUnknownTopic;
    return done(std::move(refused));
  }
  const std::int64_t partitions =
      role == "catalogue" ? config_.topics.item_partitions : config_.topics.user_partitions;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < static_cast<std::size_t>(config_.http.queue_max)) {
      EventTopic to{role, TopicName(config_, role), static_cast<std::int32_t>(partitions)};
      waiting_.push_back({std::move(to), std::move(events.payloads), events.checked, std::move(done)});
      wake_.notify_one();
      return;
    }
  }
  refused.status = AppendStatus::kOverloaded;
  refused.message = "too many batches wait to be appended";
  done(std::move(refused));
}

void EventAppender::Run() {
  while (true) {
    std::deque<Waiting> batches;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batches = TakeWaiting();
    }
    AppendAll(std::move(batches));
  }
}

// What is appended together stays far below the bounds of a transaction.
std::deque<EventAppender::Waiting> EventAppender::TakeWaiting() {
  std::deque<Waiting> taken;
  for (std::size_t bytes = 0; !waiting_.empty() && bytes < kBytesTogether;) {
    for (const std::string& payload : waiting_.front().payloads) bytes += payload.size();
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

void EventAppender::AppendAll(std::deque<Waiting> batches) {
  std::vector<Checked> durable;
  for (Waiting& batch : batches) {
    EventBatch checked = batch.checked ? batcher_.Prepare(batch.topic, std::move(batch.payloads))
                                       : batcher_.PrepareUnchecked(batch.topic, std::move(batch.payloads));
    if (!checked.rejections.empty()) {
      AppendOutcome outcome;
      outcome.status = AppendStatus::kRejected;
      outcome.accepted = checked.records.size();
      outcome.rejections = std::move(checked.rejections);
      batch.done(std::move(outcome));
      continue;
    }
    durable.push_back({std::move(batch.done), std::move(checked.records), {}});
  }
  if (durable.empty()) return;
  const auto written = Write(durable);
  for (Checked& batch : durable) {
    const Result<void>& outcome_of = written.ok() ? batch.appended : written;
    AppendOutcome outcome;
    outcome.accepted = batch.records.size();
    if (!outcome_of.ok()) {
      const bool never = outcome_of.error().code == ErrorCode::kInvalidArgument;
      outcome.status = never ? AppendStatus::kTooLarge : AppendStatus::kUnavailable;
      outcome.message = outcome_of.error().message;
    }
    batch.done(std::move(outcome));
  }
}

Result<void> EventAppender::Write(std::vector<Checked>& batches) {
  if (writer_ == nullptr) {
    FRESHET_TRY(auto writer, log_.OpenWriter({}));
    FRESHET_CHECK(writer->Initialise());
    writer_ = std::move(writer);
  }
  Result<void> written = writer_->Begin();
  for (Checked& batch : batches) {
    if (written.ok()) written = AppendBatch(batch);
  }
  if (written.ok()) {
    const auto committed = writer_->Commit();
    if (committed.ok()) return {};
    written = committed.error();
  }
  writer_.reset();  // its outcome is unknown: the next batch starts with a new one
  return written;
}

// A record that can never be appended, too long for its topic for example, is its sender's affair alone, and
// nothing of the same request is appended.
Result<void> EventAppender::AppendBatch(Checked& batch) {
  for (const OutputRecord& record : batch.records) {
    batch.appended = writer_->Check(record);
    if (batch.appended.ok()) continue;
    return batch.appended.error().code == ErrorCode::kInvalidArgument ? Result<void>() : batch.appended;
  }
  for (const OutputRecord& record : batch.records) {
    batch.appended = writer_->Append(record);
    if (batch.appended.ok()) continue;
    if (batch.appended.error().code == ErrorCode::kInvalidArgument) return {};
    return batch.appended;
  }
  return {};
}

}  // namespace freshet
