#include "connectors/embedded/compaction.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace freshet::embedded {
namespace {

constexpr std::size_t kKeyOverheadBytes = 64;  // of an entry of the key table, roughly
constexpr std::int64_t kSpanMax = std::numeric_limits<std::int32_t>::max();  // relative offsets have 32 bits

}  // namespace

CompactionPass::CompactionPass(TopicStore& store, PartitionHandle partition, Timestamp now)
    : store_(store), partition_(std::move(partition)), now_(now) {
  const PartitionMarks marks = store_.MarksOf(*partition_);
  position_ = std::max(marks.cleaned_to, marks.low);
  end_ = marks.high;
}

bool CompactionPass::Wanted(const Topic& topic, const PartitionMarks& marks) {
  const std::int64_t dirty = marks.bytes - marks.clean_bytes;
  if (!topic.Compacts() || marks.cleaned_to >= marks.high || dirty <= 0) return false;
  return static_cast<double>(dirty) >= topic.dirty_ratio_min * static_cast<double>(marks.bytes);
}

Result<bool> CompactionPass::Step(std::size_t bytes_max) {
  std::size_t spent = 0;
  while (spent < bytes_max && phase_ != Phase::kDone) {
    const std::size_t left = bytes_max - spent;
    FRESHET_TRY(const std::size_t read, phase_ == Phase::kLearn ? Learn(left) : Rewrite(left));
    spent += read;
  }
  FRESHET_CHECK(Flush());
  return phase_ == Phase::kDone;
}

Result<std::size_t> CompactionPass::Learn(std::size_t bytes_max) {
  const std::string prefix = ChunkPrefix(partition_->topic->id, partition_->number);
  const auto cursor = store_.database().NewCursor();
  cursor->Seek(ChunkKey(partition_->topic->id, partition_->number, position_));
  std::size_t read = 0;
  bool more = true;
  for (; more && cursor->Valid() && cursor->Key().starts_with(prefix); cursor->Next()) {
    const std::int64_t base = BaseOfChunkKey(cursor->Key());
    if (base >= end_) break;
    if (read >= bytes_max) return read;
    const auto bytes = std::make_shared<const std::string>(cursor->Value());
    read += bytes->size();
    FRESHET_TRY(more, LearnChunk(base, bytes));
  }
  FRESHET_CHECK(cursor->Status());
  if (more) position_ = end_;
  end_ = position_;
  const PartitionMarks marks = store_.MarksOf(*partition_);
  position_ = marks.low;
  phase_ = end_ > marks.cleaned_to ? Phase::kRewrite : Phase::kDone;
  return read;
}

/// False when the pass must end before this chunk: it is too young, or the key table is full.
Result<bool> CompactionPass::LearnChunk(std::int64_t base, const ChunkBytes& bytes) {
  FRESHET_TRY(auto reader, ChunkReader::Open(bytes, base, ChunkReader::Check::kVerify));
  const std::int64_t lag_ms = partition_->topic->compaction_lag_ms;
  const bool young = lag_ms > 0 && reader.header().max_time_ms > now_.ms - lag_ms;
  const bool full = latest_bytes_ > store_.options().compaction_keys_bytes_max;
  if (young || full) return false;
  while (true) {
    FRESHET_TRY(const auto record, reader.Next());
    if (!record) break;
    if (!record->key) continue;
    const auto [entry, added] = latest_.insert_or_assign(std::string(*record->key), record->offset);
    if (added) latest_bytes_ += record->key->size() + kKeyOverheadBytes;
  }
  position_ = reader.NextOffset();
  return true;
}

Result<std::size_t> CompactionPass::Rewrite(std::size_t bytes_max) {
  const std::string prefix = ChunkPrefix(partition_->topic->id, partition_->number);
  const auto cursor = store_.database().NewCursor();
  cursor->Seek(ChunkKey(partition_->topic->id, partition_->number, position_));
  std::size_t read = 0;
  for (; cursor->Valid() && cursor->Key().starts_with(prefix); cursor->Next()) {
    if (BaseOfChunkKey(cursor->Key()) >= end_) break;
    if (read >= bytes_max) return read;
    const auto bytes = std::make_shared<const std::string>(cursor->Value());
    read += bytes->size();
    FRESHET_CHECK(RewriteChunk(cursor->Key(), bytes));
  }
  FRESHET_CHECK(cursor->Status());
  FRESHET_CHECK(Flush());
  FRESHET_CHECK(Complete());
  return read;
}

Result<void> CompactionPass::RewriteChunk(std::string_view key, const ChunkBytes& bytes) {
  FRESHET_TRY(auto reader, ChunkReader::Open(bytes, BaseOfChunkKey(key), ChunkReader::Check::kVerify));
  FRESHET_TRY(const Sifted sifted, Sift(reader));
  position_ = reader.NextOffset();
  const std::int64_t since_ms = reader.header().tombstones_since_ms;
  const bool marked = !sifted.tombstones || since_ms != 0;
  const bool large = bytes->size() * 2 >= store_.options().chunk_bytes_max;
  if (sifted.dropped == 0 && marked && large && replaced_.empty()) {
    clean_bytes_ += static_cast<std::int64_t>(bytes->size());
    return {};
  }
  const bool far = !open_.empty() && position_ - open_base_ > kSpanMax;
  if (far) FRESHET_CHECK(Flush());
  replaced_.emplace_back(key);
  replaced_bytes_ += static_cast<std::int64_t>(bytes->size());
  return Keep(sifted, sifted.tombstones && since_ms == 0 ? now_.ms : since_ms);
}

Result<CompactionPass::Sifted> CompactionPass::Sift(ChunkReader& reader) const {
  const std::int64_t since_ms = reader.header().tombstones_since_ms;
  const bool forget = since_ms != 0 && now_.ms >= since_ms + partition_->topic->tombstones_kept_ms;
  Sifted sifted;
  while (true) {
    FRESHET_TRY(const auto record, reader.Next());
    if (!record) return sifted;
    if (Superseded(*record) || (forget && !record->value)) {
      ++sifted.dropped;
      continue;
    }
    sifted.tombstones = sifted.tombstones || !record->value;
    sifted.kept.push_back(*record);
  }
}

bool CompactionPass::Superseded(const RecordView& record) const {
  if (!record.key) return false;
  const auto found = latest_.find(*record.key);
  return found != latest_.end() && found->second > record.offset;
}

Result<void> CompactionPass::Keep(const Sifted& sifted, std::int64_t tombstones_since_ms) {
  for (const RecordView& record : sifted.kept) {
    if (open_.empty()) open_base_ = record.offset;
    open_.Add(static_cast<std::uint32_t>(record.offset - open_base_), record);
  }
  if (sifted.tombstones) open_since_ms_ = std::max(open_since_ms_, tombstones_since_ms);
  if (open_.Bytes() >= store_.options().chunk_bytes_max) return Flush();
  return {};
}

Result<void> CompactionPass::Flush() {
  if (replaced_.empty()) return {};
  PartitionChange change;
  for (const auto& key : replaced_) change.chunks.Delete(key);
  change.bytes_added = -replaced_bytes_;
  if (!open_.empty()) {
    open_.SetTombstonesSince(open_since_ms_);
    const std::string chunk = open_.Finish();
    change.chunks.Put(ChunkKey(partition_->topic->id, partition_->number, open_base_), chunk);
    change.bytes_added += static_cast<std::int64_t>(chunk.size());
    clean_bytes_ += static_cast<std::int64_t>(chunk.size());
  }
  replaced_.clear();
  replaced_bytes_ = 0;
  open_since_ms_ = 0;
  FRESHET_TRY(const bool applied, store_.Apply(*partition_, std::move(change)));
  if (!applied) phase_ = Phase::kDone;
  return {};
}

Result<void> CompactionPass::Complete() {
  PartitionChange change;
  change.cleaned_to = end_;
  change.clean_bytes = clean_bytes_;
  FRESHET_TRY(const bool applied, store_.Apply(*partition_, std::move(change)));
  static_cast<void>(applied);  // a deleted topic needs no marks
  phase_ = Phase::kDone;
  return {};
}

}  // namespace freshet::embedded
