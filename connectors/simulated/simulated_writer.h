#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/simulated/connection.h"
#include "freshet/log.h"

namespace freshet::simulated {

class SimulatedWriter final : public Writer {
 public:
  SimulatedWriter(std::shared_ptr<Connection> connection, WriterOptions options)
      : connection_(std::move(connection)), options_(std::move(options)) {}
  /// Like a producer that is killed: an open transaction stays open, and what was under way may still arrive.
  ~SimulatedWriter() override;
  Result<void> Initialise() override;
  Result<void> Begin() override;
  Result<void> Check(const OutputRecord& record) override { return CheckRecord(record); }
  Result<void> Append(OutputRecord record) override;
  Result<CommitReceipt> Commit() override;
  Result<void> Abort() override;

 private:
  SimulatedCluster& cluster() { return *connection_->cluster; }
  Result<void> CheckBegun() const;
  Result<void> CheckRecord(const OutputRecord& record);
  /// Faults that leave the writer unable to go on with this transaction.
  Result<void> Suffer(Injection injection);
  Result<void> SendBuffered();
  Result<CommitReceipt> CommitOnce(Injection injection);
  CommitReceipt Done();
  void ForgetTransaction();
  Error Fenced(Error error);

  std::shared_ptr<Connection> connection_;
  WriterOptions options_;
  bool initialised_ = false;
  bool begun_ = false;
  bool fenced_ = false;
  bool must_abort_ = false;
  bool commit_sent_ = false;  // a commit may be on its way to the broker
  bool committed_ = false;    // done, but the caller has not been told
  ProducerSession session_;
  std::optional<std::uint64_t> transaction_;
  std::vector<OutputRecord> buffered_;
  CommitReceipt receipt_;
};

}  // namespace freshet::simulated
