#include "connectors/embedded/embedded_writer.h"

#include <algorithm>
#include <utility>

#include "base/topic_spec.h"

namespace freshet::embedded {
namespace {

constexpr std::uint32_t kChunkRecordsMax = 8192;  // bounds what a seek into a chunk must skip
constexpr std::string_view kNoHeaders("\0", 1);

std::optional<std::string_view> View(const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string_view(*bytes);
}

}  // namespace

EmbeddedWriter::EmbeddedWriter(TopicStore& store, WriterOptions options)
    : store_(store), options_(std::move(options)) {}

Result<void> EmbeddedWriter::Initialise() {
  if (options_.transactional_id) {
    FRESHET_TRY(epoch_, store_.BumpEpoch(*options_.transactional_id));
  }
  initialised_ = true;
  return {};
}

Result<void> EmbeddedWriter::CheckUsable() const {
  if (!initialised_) return MakeError(ErrorCode::kInvalidArgument, "writer used before Initialise");
  if (epoch_.Fenced()) {
    return MakeError(ErrorCode::kFenced, "transactional id " + *options_.transactional_id +
                                             " was taken over by another writer; open a new one");
  }
  return {};
}

Result<void> EmbeddedWriter::Begin() {
  FRESHET_CHECK(CheckUsable());
  if (begun_)
    return MakeError(ErrorCode::kInvalidArgument, "Begin inside a transaction; commit or abort it first");
  begun_ = true;
  return {};
}

Result<EmbeddedWriter::Buffers::iterator> EmbeddedWriter::BufferFor(const TopicPartition& to) {
  if (last_ != buffers_.end() && last_->first == to && !last_->second.to->deleted) return last_;
  auto found = buffers_.find(to);
  const bool stale = found != buffers_.end() && found->second.to->deleted && !found->second.touched;
  if (stale) {
    last_ = buffers_.end();
    buffers_.erase(found);
    found = buffers_.end();
  }
  if (found == buffers_.end()) {
    auto partition = store_.Find(to);
    if (!partition.ok()) return MakeError(ErrorCode::kInvalidArgument, partition.error().message);
    Buffer buffer;
    const auto& spec = (*partition)->topic->spec;
    const std::int64_t log_max = store_.options().message_bytes_max;
    buffer.message_bytes_max = std::min(log_max, spec.message_bytes_max.value_or(log_max));
    buffer.to = std::move(*partition);
    found = buffers_.emplace(to, std::move(buffer)).first;
  }
  last_ = found;
  return found;
}

Result<void> EmbeddedWriter::CheckRecord(const OutputRecord& record, const Buffer& buffer) const {
  const std::size_t size = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  if (static_cast<std::int64_t>(size) > buffer.message_bytes_max) {
    return MakeError(ErrorCode::kInvalidArgument, "record of " + std::to_string(size) + " bytes for " +
                                                      PartitionName(record.to) + ", at most " +
                                                      std::to_string(buffer.message_bytes_max) +
                                                      "; shorten it or raise message_bytes_max");
  }
  if (!record.key && buffer.to->topic->Compacts()) {
    return MakeError(ErrorCode::kInvalidArgument, "record without a key for " + PartitionName(record.to) +
                                                      ", which is compacted; give it a key");
  }
  if (bytes_ + size > store_.options().transaction_bytes_max) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the open transaction would exceed " +
                         std::to_string(store_.options().transaction_bytes_max) +
                         " bytes; commit smaller batches or raise transaction_bytes_max");
  }
  return {};
}

Result<void> EmbeddedWriter::Check(const OutputRecord& record) {
  FRESHET_CHECK(CheckUsable());
  FRESHET_TRY(const auto found, BufferFor(record.to));
  return CheckRecord(record, found->second);
}

Result<void> EmbeddedWriter::Append(OutputRecord record) {
  FRESHET_CHECK(CheckUsable());
  if (!begun_)
    return MakeError(ErrorCode::kInvalidArgument, "Append outside a transaction; call Begin first");
  FRESHET_TRY(const auto found, BufferFor(record.to));
  Buffer& buffer = found->second;
  FRESHET_CHECK(CheckRecord(record, buffer));
  const std::string headers = record.headers.empty() ? std::string() : EncodeHeaders(record.headers);
  RecordView view;
  view.time_ms = record.timestamp ? record.timestamp->ms : store_.options().clock->Now().ms;
  view.key = View(record.key);
  view.value = View(record.value);
  view.headers = headers.empty() ? kNoHeaders : std::string_view(headers);
  const std::size_t before = buffer.open.Bytes();
  buffer.open.Add(buffer.open.Count(), view);
  buffer.touched = true;
  bytes_ += buffer.open.Bytes() - before;
  const bool full = buffer.open.Bytes() >= store_.options().chunk_bytes_max;
  if (full || buffer.open.Count() >= kChunkRecordsMax) Seal(buffer);
  return {};
}

void EmbeddedWriter::Seal(Buffer& buffer) {
  const std::int64_t records = buffer.open.Count();
  buffer.sealed.push_back({records, std::make_shared<const std::string>(buffer.open.Finish())});
}

Result<CommitReceipt> EmbeddedWriter::Commit() {
  FRESHET_CHECK(CheckUsable());
  if (!begun_)
    return MakeError(ErrorCode::kInvalidArgument, "Commit outside a transaction; call Begin first");
  std::vector<PendingPartition> pending;
  std::vector<const TopicPartition*> names;
  for (auto& [name, buffer] : buffers_) {
    if (!buffer.touched) continue;
    if (!buffer.open.empty()) Seal(buffer);
    pending.push_back({buffer.to, buffer.sealed});  // kept until the commit succeeded
    names.push_back(&name);
  }
  FRESHET_TRY(const auto offsets, store_.Commit(std::move(pending), epoch_));
  CommitReceipt receipt;
  for (std::size_t i = 0; i < offsets.size(); ++i) receipt.last_offsets.emplace(*names[i], offsets[i]);
  Drop();
  return receipt;
}

Result<void> EmbeddedWriter::Abort() {
  Drop();
  return {};
}

void EmbeddedWriter::Drop() {
  begun_ = false;
  bytes_ = 0;
  for (auto& [name, buffer] : buffers_) {
    if (!buffer.touched) continue;
    buffer.sealed.clear();
    if (!buffer.open.empty()) buffer.open = ChunkBuilder();
    buffer.touched = false;
  }
}

}  // namespace freshet::embedded
