#include "connectors/embedded/embedded_log.h"

#include <utility>

#include "connectors/embedded/embedded_membership.h"
#include "connectors/embedded/embedded_reader.h"
#include "connectors/embedded/embedded_writer.h"
#include "connectors/embedded/maintenance.h"
#include "connectors/embedded/topic_store.h"

namespace freshet {
namespace {

/// Offset of the first record of the chunk that is not older, if there is one at all.
Result<std::optional<Offset>> FirstNotOlder(std::string_view chunk, std::int64_t base, Timestamp time) {
  FRESHET_TRY(const auto header, embedded::ReadChunkHeader(chunk));
  if (header.max_time_ms < time.ms) return std::optional<Offset>();
  auto bytes = std::make_shared<const std::string>(chunk);
  FRESHET_TRY(auto reader,
              embedded::ChunkReader::Open(std::move(bytes), base, embedded::ChunkReader::Check::kVerify));
  while (true) {
    FRESHET_TRY(const auto record, reader.Next());
    if (!record) return std::optional<Offset>();
    if (record->time_ms >= time.ms) return std::optional<Offset>(Offset{record->offset});
  }
}

}  // namespace

EmbeddedLog::EmbeddedLog(std::unique_ptr<embedded::TopicStore> store)
    : store_(std::move(store)),
      groups_(std::make_shared<embedded::Groups>()),
      maintenance_(std::make_unique<embedded::Maintenance>(*store_)) {}

EmbeddedLog::~EmbeddedLog() {
  maintenance_.reset();
  // What kInterval still owes the disk; an error has been logged or will be met at the next open.
  if (!store_->read_only()) static_cast<void>(store_->SyncIfDirty());
}

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const std::string& path,
                                                       const EmbeddedOptions& options) {
  auto store = embedded::TopicStore::Open(path, options);
  if (!store.ok()) return store.error().Within("embedded log");
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog(std::move(*store)));
  log->maintenance_->Start();
  return log;
}

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::OpenReadOnly(const std::string& path) {
  auto store = embedded::TopicStore::OpenReadOnly(path);
  if (!store.ok()) return store.error().Within("embedded log");
  return std::unique_ptr<EmbeddedLog>(new EmbeddedLog(std::move(*store)));
}

Result<std::string> EmbeddedLog::ClusterId() { return store_->cluster_id(); }

Result<TopicDescription> EmbeddedLog::Describe(const std::string& topic) {
  FRESHET_CHECK(store_->Refresh());
  FRESHET_TRY(const auto found, store_->FindTopic(topic));
  return embedded::Describe(*found);
}

Result<std::vector<TopicDescription>> EmbeddedLog::List() {
  FRESHET_CHECK(store_->Refresh());
  std::vector<TopicDescription> descriptions;
  for (const auto& topic : store_->Topics()) descriptions.push_back(embedded::Describe(*topic));
  return descriptions;
}

Result<void> EmbeddedLog::Create(const TopicSpec& spec) { return store_->Create(spec); }

Result<void> EmbeddedLog::Delete(const std::string& topic) { return store_->Delete(topic); }

Result<Watermarks> EmbeddedLog::QueryWatermarks(const TopicPartition& of, Isolation) {
  FRESHET_CHECK(store_->Refresh());
  FRESHET_TRY(const auto partition, store_->Find(of));
  const auto marks = store_->MarksOf(*partition);
  return Watermarks{{marks.low}, {marks.high}};
}

Result<Offset> EmbeddedLog::OffsetForTime(const TopicPartition& of, Timestamp time) {
  FRESHET_CHECK(store_->Refresh());
  FRESHET_TRY(const auto partition, store_->Find(of));
  const auto marks = store_->MarksOf(*partition);
  const std::string prefix = embedded::ChunkPrefix(partition->topic->id, partition->number);
  const auto cursor = store_->database().NewCursor();
  for (cursor->Seek(prefix); cursor->Valid() && cursor->Key().starts_with(prefix); cursor->Next()) {
    const std::int64_t base = embedded::BaseOfChunkKey(cursor->Key());
    if (base >= marks.high) break;
    FRESHET_TRY(const auto found, FirstNotOlder(cursor->Value(), base, time));
    if (found) return *found;
  }
  FRESHET_CHECK(cursor->Status());
  return Offset{marks.high};
}

Result<std::unique_ptr<Reader>> EmbeddedLog::OpenReader(const ReaderOptions&) {
  return std::unique_ptr<Reader>(std::make_unique<embedded::EmbeddedReader>(*store_));
}

Result<std::unique_ptr<Writer>> EmbeddedLog::OpenWriter(const WriterOptions& options) {
  FRESHET_CHECK(store_->CheckWritable());
  return std::unique_ptr<Writer>(std::make_unique<embedded::EmbeddedWriter>(*store_, options));
}

Result<std::unique_ptr<Membership>> EmbeddedLog::Join(const GroupOptions& options) {
  FRESHET_CHECK(store_->CheckWritable());
  return std::unique_ptr<Membership>(
      std::make_unique<embedded::EmbeddedMembership>(*store_, groups_, options));
}

std::int64_t EmbeddedLog::MessageBytesMax() const { return store_->options().message_bytes_max; }

std::uint64_t EmbeddedLog::MemoryBytes() const { return store_->TailBytes(); }

Result<bool> EmbeddedLog::Maintain(Timestamp now) {
  FRESHET_CHECK(store_->CheckWritable());
  return maintenance_->Step(now);
}

std::uint64_t EmbeddedLog::DiskBytes() const { return store_->database().DiskBytes(); }

}  // namespace freshet
