#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "freshet/log.h"

namespace freshet::contract {

/// A log whose Commit returns when committed readers can see the records. On Kafka that is some milliseconds
/// after the outcome is decided, and the suite reads at once. For tests only: it asks for watermarks in a
/// loop.
class SettledLog final : public Log {
 public:
  explicit SettledLog(std::unique_ptr<Log> log) : log_(std::move(log)) {}

  Result<std::string> ClusterId() override { return log_->ClusterId(); }
  Result<TopicDescription> Describe(const std::string& topic) override { return log_->Describe(topic); }
  Result<std::vector<TopicDescription>> List() override { return log_->List(); }
  Result<void> Create(const TopicSpec& spec) override { return log_->Create(spec); }
  Result<void> Delete(const std::string& topic) override { return log_->Delete(topic); }
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override {
    return log_->QueryWatermarks(of, isolation);
  }
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override {
    return log_->OffsetForTime(of, time);
  }
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override {
    return log_->OpenReader(options);
  }
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override {
    FRESHET_TRY(auto writer, log_->OpenWriter(options));
    return std::unique_ptr<Writer>(std::make_unique<SettledWriter>(*log_, std::move(writer)));
  }
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override {
    return log_->Join(options);
  }
  std::int64_t MessageBytesMax() const override { return log_->MessageBytesMax(); }

 private:
  class SettledWriter final : public Writer {
   public:
    SettledWriter(Log& log, std::unique_ptr<Writer> writer) : log_(log), writer_(std::move(writer)) {}
    Result<void> Initialise() override { return writer_->Initialise(); }
    Result<void> Begin() override { return writer_->Begin(); }
    Result<void> Check(const OutputRecord& record) override { return writer_->Check(record); }
    Result<void> Append(OutputRecord record) override { return writer_->Append(std::move(record)); }
    Result<void> Abort() override { return writer_->Abort(); }
    Result<CommitReceipt> Commit() override {
      auto receipt = writer_->Commit();
      if (!receipt.ok()) return receipt;
      // Bounded, because an open transaction of another writer can stand before the records.
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
      for (const auto& [of, last] : receipt->last_offsets) {
        while (!Visible(of, last) && std::chrono::steady_clock::now() < deadline) {
        }
      }
      return receipt;
    }

   private:
    bool Visible(const TopicPartition& of, Offset last) {
      const auto marks = log_.QueryWatermarks(of, Isolation::kReadCommitted);
      return marks.ok() && marks->high > last;
    }
    Log& log_;
    std::unique_ptr<Writer> writer_;
  };

  std::unique_ptr<Log> log_;
};

}  // namespace freshet::contract
