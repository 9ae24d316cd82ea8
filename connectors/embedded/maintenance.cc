#include "connectors/embedded/maintenance.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/logging.h"

namespace freshet::embedded {
namespace {

// Until the first step RocksDB compacts nothing, so it does not wait for a long interval.
constexpr std::chrono::milliseconds kFirstStepMax{10'000};
constexpr std::size_t kDeletesPerWrite = 1024;  // keeps a write short, for commits wait for it

bool TooOld(const Topic& topic, const ChunkHeader& header, Timestamp now) {
  return topic.spec.retention && header.max_time_ms < now.ms - topic.spec.retention->count();
}

}  // namespace

Maintenance::Maintenance(TopicStore& store) : store_(store) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Maintenance::Start() {
  const auto& options = store_.options();
  const bool wanted = options.maintenance_interval.count() > 0 || options.sync == SyncPolicy::kInterval;
  if (wanted) thread_ = std::thread([this] { Run(); });
}

bool Maintenance::Pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(stop_mutex_);
  return !stopped_.wait_for(lock, duration, [this] { return stopping_; });
}

void Maintenance::Run() {
  const auto& options = store_.options();
  const bool syncs = options.sync == SyncPolicy::kInterval;
  bool steps = options.maintenance_interval.count() > 0;
  const auto first_step = std::min(options.maintenance_interval, kFirstStepMax);
  auto pause = steps ? first_step : options.sync_interval;
  if (syncs) pause = std::min(pause, options.sync_interval);
  auto next_step = std::chrono::steady_clock::now() + first_step;
  while ((syncs || steps) && Pause(pause)) {
    if (const auto synced = syncs ? store_.SyncIfDirty() : Result<void>(); !synced.ok()) {
      // Writers meet a broken disk themselves.
      LogError("syncs and upkeep of the embedded log stopped", {{"error", synced.error().message}});
      return;
    }
    if (!steps || std::chrono::steady_clock::now() < next_step) continue;
    const auto more = Step(options.clock->Now());
    if (!more.ok()) {
      LogError("upkeep of the embedded log stopped; nothing expires and nothing is compacted until a restart",
               {{"error", more.error().message}});
      steps = false;
      continue;
    }
    next_step = std::chrono::steady_clock::now() + (*more ? pause : options.maintenance_interval);
  }
}

Result<bool> Maintenance::Step(Timestamp now) {
  const std::lock_guard lock(step_mutex_);
  if (!compacts_) FRESHET_CHECK(store_.database().StartCompaction());
  compacts_ = true;
  const std::size_t bytes_max = store_.options().maintenance_bytes_max;
  FRESHET_TRY(std::size_t spent, RemoveGarbage(bytes_max));
  if (spent < bytes_max) {
    FRESHET_TRY(const std::size_t expired, ExpirePartitions(now, bytes_max - spent));
    spent += expired;
  }
  if (spent >= bytes_max) return true;
  return Compact(now, bytes_max - spent);
}

Result<std::size_t> Maintenance::RemoveGarbage(std::size_t bytes_max) {
  std::size_t read = 0;
  const auto topics = store_.database().NewCursor();
  for (topics->Seek("G"); topics->Valid() && topics->Key().starts_with("G"); topics->Next()) {
    const std::string prefix = "C" + std::string(topics->Key().substr(1));
    const auto chunks = store_.database().NewCursor();
    chunks->Seek(prefix);
    while (chunks->Valid() && chunks->Key().starts_with(prefix) && read < bytes_max) {
      WriteSet set;
      for (; chunks->Valid() && chunks->Key().starts_with(prefix) && set.Count() < kDeletesPerWrite;
           chunks->Next()) {
        set.Delete(chunks->Key());
        read += chunks->Value().size();
      }
      FRESHET_CHECK(store_.database().Write(std::move(set), false));
    }
    FRESHET_CHECK(chunks->Status());
    if (read >= bytes_max) return read;
    WriteSet done;
    done.Delete(topics->Key());
    FRESHET_CHECK(store_.database().Write(std::move(done), false));
  }
  FRESHET_CHECK(topics->Status());
  return read;
}

Result<std::size_t> Maintenance::ExpirePartitions(Timestamp now, std::size_t bytes_max) {
  const auto partitions = store_.Partitions();
  std::size_t read = 0;
  for (std::size_t i = 0; i < partitions.size() && read < bytes_max; ++i) {
    PartitionLog& partition = *partitions[next_expired_++ % partitions.size()];
    if (!partition.topic->Expires()) continue;
    if (!partition.topic->spec.retention && partition.topic->retention_bytes < 0) continue;
    FRESHET_TRY(const std::size_t expired, Expire(partition, now, bytes_max - read));
    read += expired;
  }
  return read;
}

Result<std::size_t> Maintenance::Expire(PartitionLog& partition, Timestamp now, std::size_t bytes_max) {
  const Topic& topic = *partition.topic;
  const PartitionMarks marks = store_.MarksOf(partition);
  const std::string prefix = ChunkPrefix(topic.id, partition.number);
  const auto cursor = store_.database().NewCursor();
  PartitionChange change;
  std::size_t removed = 0;
  std::int64_t low = marks.low;
  for (cursor->Seek(prefix); cursor->Valid() && cursor->Key().starts_with(prefix); cursor->Next()) {
    const std::int64_t base = BaseOfChunkKey(cursor->Key());
    if (base >= marks.high || removed >= bytes_max) break;
    FRESHET_TRY(const ChunkHeader header, ReadChunkHeader(cursor->Value()));
    const auto left = marks.bytes - static_cast<std::int64_t>(removed);
    const bool too_much = topic.retention_bytes >= 0 && left > topic.retention_bytes;
    if (!too_much && !TooOld(topic, header, now)) break;
    change.chunks.Delete(cursor->Key());
    removed += cursor->Value().size();
    low = base + header.last + 1;
  }
  FRESHET_CHECK(cursor->Status());
  if (low == marks.low) return removed;
  change.low = low;
  change.bytes_added = -static_cast<std::int64_t>(removed);
  change.clean_bytes = std::max<std::int64_t>(0, marks.clean_bytes - static_cast<std::int64_t>(removed));
  FRESHET_TRY(const bool applied, store_.Apply(partition, std::move(change)));
  static_cast<void>(applied);  // a topic deleted meanwhile is garbage, which the next step removes
  return removed;
}

PartitionHandle Maintenance::NextToCompact() {
  const auto partitions = store_.Partitions();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto& partition = partitions[next_compacted_++ % partitions.size()];
    if (CompactionPass::Wanted(*partition->topic, store_.MarksOf(*partition))) return partition;
  }
  return nullptr;
}

Result<bool> Maintenance::Compact(Timestamp now, std::size_t bytes_max) {
  if (!pass_) {
    auto partition = NextToCompact();
    if (!partition) return false;
    pass_ = std::make_unique<CompactionPass>(store_, std::move(partition), now);
  }
  const std::int64_t before = store_.MarksOf(pass_->partition()).cleaned_to;
  auto done = pass_->Step(bytes_max);
  if (!done.ok()) {
    pass_.reset();
    return done.error();
  }
  if (!*done) return true;
  // A pass that found everything too young is no reason to come back at once.
  const bool moved = store_.MarksOf(pass_->partition()).cleaned_to > before;
  pass_.reset();
  return moved;
}

}  // namespace freshet::embedded
