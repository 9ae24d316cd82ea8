#include "connectors/simulated/simulated_writer.h"

#include <algorithm>
#include <utility>

#include "base/topic_spec.h"

namespace freshet::simulated {

SimulatedWriter::~SimulatedWriter() {
  const std::lock_guard lock(cluster().mutex_);
  FaultDice& dice = cluster().dice_;
  const bool underway = begun_ && !committed_ && options_.transactional_id && !fenced_;
  if (!underway || !dice.Chance(dice.plan().late_requests)) return;
  cluster().SendLate(session_, std::move(buffered_), commit_sent_);
}

Result<void> SimulatedWriter::Initialise() {
  return connection_->Call(Operation::kInitialise, [this](Injection injection) -> Result<void> {
    if (fenced_) return Fenced(MakeError(ErrorCode::kFenced, "this writer was fenced: open another"));
    ForgetTransaction();
    if (options_.transactional_id) {
      session_ = cluster().transactions_.Initialise(*options_.transactional_id, options_.transaction_timeout);
    }
    if (injection == Injection::kTimeoutDone) {
      return MakeError(ErrorCode::kTimeout, "no answer to InitProducerId: try again");
    }
    initialised_ = true;
    return {};
  });
}

Result<void> SimulatedWriter::Begin() {
  return connection_->Call(Operation::kBegin, [this](Injection) -> Result<void> {
    if (!initialised_) return MakeError(ErrorCode::kInvalidArgument, "writer used before Initialise");
    if (fenced_) return Fenced(MakeError(ErrorCode::kFenced, "this writer was fenced: open another"));
    if (begun_) {
      return MakeError(ErrorCode::kInvalidArgument, "Begin inside a transaction; commit or abort it first");
    }
    ForgetTransaction();
    begun_ = true;
    return {};
  });
}

Result<void> SimulatedWriter::CheckBegun() const {
  if (!initialised_) return MakeError(ErrorCode::kInvalidArgument, "writer used before Initialise");
  if (fenced_) return MakeError(ErrorCode::kFenced, "this writer was fenced: open another");
  if (!begun_) return MakeError(ErrorCode::kInvalidArgument, "no transaction is open; call Begin first");
  if (must_abort_) return MakeError(ErrorCode::kAborted, "the transaction failed: abort it and try again");
  return {};
}

Result<void> SimulatedWriter::CheckRecord(const OutputRecord& record) {
  const SimulatedCluster::Topic* topic = cluster().FindTopic(record.to.topic);
  if (cluster().FindPartition(record.to) == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     PartitionName(record.to) + " does not exist: create the topic");
  }
  const std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  const std::int64_t log_max = cluster().options_.message_bytes_max;
  const std::int64_t bytes_max = std::min(log_max, topic->spec.message_bytes_max.value_or(log_max));
  if (static_cast<std::int64_t>(bytes) > bytes_max) {
    return MakeError(ErrorCode::kInvalidArgument, "record of " + std::to_string(bytes) + " bytes for " +
                                                      record.to.topic + ", at most " +
                                                      std::to_string(bytes_max) + ": shorten it");
  }
  if (!record.key && topic->Compacts()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "record without a key for " + record.to.topic + ", which is compacted: give it a key");
  }
  return {};
}

Result<void> SimulatedWriter::Suffer(Injection injection) {
  if (!options_.transactional_id) return {};
  if (injection == Injection::kFenced) {
    cluster().transactions_.Initialise(*options_.transactional_id, options_.transaction_timeout);
  }
  if (injection != Injection::kAborted) return {};
  must_abort_ = true;
  return MakeError(ErrorCode::kAborted, "the simulated broker refused a request: abort and try again");
}

Result<void> SimulatedWriter::Append(OutputRecord record) {
  return connection_->Call(Operation::kAppend, [&](Injection injection) -> Result<void> {
    FRESHET_CHECK(CheckBegun());
    FRESHET_CHECK(CheckRecord(record));
    FRESHET_CHECK(Suffer(injection));
    buffered_.push_back(std::move(record));
    FaultDice& dice = cluster().dice_;
    // Without a transaction there is no way back, so nothing is sent before the commit.
    if (!options_.transactional_id || dice.Chance(dice.plan().delayed_produce)) return {};
    return SendBuffered();
  });
}

Result<void> SimulatedWriter::SendBuffered() {
  for (const OutputRecord& record : std::exchange(buffered_, {})) {
    if (!options_.transactional_id) {
      PartitionLog* partition = cluster().FindPartition(record.to);
      if (partition == nullptr) return MakeError(ErrorCode::kNotFound, record.to.topic + " was deleted");
      receipt_.last_offsets[record.to] = partition->Append(record, cluster().clock_.Now(), 0);
      continue;
    }
    auto produced = cluster().transactions_.Produce(session_, record);
    if (!produced.ok() && produced.error().code == ErrorCode::kFenced) return Fenced(produced.error());
    if (!produced.ok()) {
      must_abort_ = true;
      return MakeError(ErrorCode::kAborted, produced.error().message);
    }
    transaction_ = produced->transaction;
    receipt_.last_offsets[record.to] = produced->offset;
  }
  return {};
}

Result<CommitReceipt> SimulatedWriter::Commit() {
  return connection_->Call(Operation::kCommit, [this](Injection injection) -> Result<CommitReceipt> {
    if (committed_) return Done();
    FRESHET_CHECK(CheckBegun());
    FRESHET_CHECK(Suffer(injection));
    return CommitOnce(injection);
  });
}

Result<CommitReceipt> SimulatedWriter::CommitOnce(Injection injection) {
  FaultDice& dice = cluster().dice_;
  if (injection == Injection::kTimeoutNotDone) {
    FRESHET_CHECK(SendBuffered());
    commit_sent_ = true;
    return MakeError(ErrorCode::kTimeout, "no answer to EndTxn: call Commit again");
  }
  FRESHET_CHECK(SendBuffered());
  if (transaction_) {
    auto ended = cluster().transactions_.End(session_, *transaction_, true);
    if (!ended.ok()) return Fenced(ended.error());
    if (dice.Chance(dice.plan().late_end)) cluster().SendLate(session_, {}, true);
  }
  committed_ = true;
  if (injection == Injection::kTimeoutDone) {
    return MakeError(ErrorCode::kTimeout, "no answer to EndTxn: call Commit again");
  }
  return Done();
}

CommitReceipt SimulatedWriter::Done() {
  CommitReceipt receipt = std::move(receipt_);
  ForgetTransaction();
  return receipt;
}

Result<void> SimulatedWriter::Abort() {
  return connection_->Call(Operation::kAbort, [this](Injection) -> Result<void> {
    if (fenced_) return Fenced(MakeError(ErrorCode::kFenced, "this writer was fenced: open another"));
    if (committed_) {
      return Fenced(MakeError(ErrorCode::kFenced, "the transaction was committed already: acquire afresh"));
    }
    if (transaction_) {
      auto ended = cluster().transactions_.End(session_, *transaction_, false);
      if (!ended.ok()) return Fenced(ended.error());
    }
    ForgetTransaction();
    return {};
  });
}

void SimulatedWriter::ForgetTransaction() {
  begun_ = false;
  must_abort_ = false;
  commit_sent_ = false;
  committed_ = false;
  transaction_.reset();
  buffered_.clear();
  receipt_ = {};
}

Error SimulatedWriter::Fenced(Error error) {
  fenced_ = true;
  return error;
}

}  // namespace freshet::simulated
