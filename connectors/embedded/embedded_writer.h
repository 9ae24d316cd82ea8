#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/embedded/chunk.h"
#include "connectors/embedded/topic_store.h"
#include "freshet/log.h"

namespace freshet::embedded {

/// Encodes records as they are appended and hands whole chunks to the store at the commit.
class EmbeddedWriter final : public Writer {
 public:
  EmbeddedWriter(TopicStore& store, WriterOptions options);
  Result<void> Initialise() override;
  Result<void> Begin() override;
  Result<void> Check(const OutputRecord& record) override;
  Result<void> Append(OutputRecord record) override;
  Result<CommitReceipt> Commit() override;
  Result<void> Abort() override;

 private:
  struct Buffer {
    PartitionHandle to;
    std::int64_t message_bytes_max = 0;
    std::vector<PendingChunk> sealed;
    ChunkBuilder open;
    bool touched = false;  // by the open transaction
  };
  using Buffers = std::map<TopicPartition, Buffer>;

  Result<Buffers::iterator> BufferFor(const TopicPartition& to);
  Result<void> CheckRecord(const OutputRecord& record, const Buffer& buffer) const;
  Result<void> CheckUsable() const;
  static void Seal(Buffer& buffer);
  void Drop();

  TopicStore& store_;
  const WriterOptions options_;
  ProducerEpoch epoch_;
  bool initialised_ = false;
  bool begun_ = false;
  Buffers buffers_;
  Buffers::iterator last_ = buffers_.end();  // records of one partition come in runs
  std::size_t bytes_ = 0;                    // of the open transaction
};

}  // namespace freshet::embedded
