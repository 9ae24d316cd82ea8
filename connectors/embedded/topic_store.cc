#include "connectors/embedded/topic_store.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/failpoint.h"

namespace freshet::embedded {
namespace {

constexpr std::chrono::milliseconds kFollowInterval{20};  // of a read-only log, which nobody wakes
constexpr std::size_t kTailChunkOverheadBytes = 128;      // handles and allocations around a chunk's bytes

std::size_t TailCost(const std::string& chunk) { return chunk.size() + kTailChunkOverheadBytes; }

}  // namespace

Result<void> TopicStore::CheckWritable() const {
  if (!read_only_) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "the embedded log is open read-only; ask the process that owns it");
}

Result<void> TopicStore::Write(WriteSet set) {
  const bool sync = options_.sync != SyncPolicy::kNever;
  return database_->Write(std::move(set), sync);
}

Result<void> TopicStore::SyncIfDirty() {
  if (!unsynced_.exchange(false)) return {};
  return database_->Sync();
}

Result<ProducerEpoch> TopicStore::BumpEpoch(const std::string& transactional_id) {
  FRESHET_CHECK(CheckWritable());
  const std::lock_guard commit(commit_mutex_);
  auto& current = epochs_[transactional_id];
  if (!current) {
    FRESHET_TRY(const auto stored, database_->Get(EpochKey(transactional_id)));
    std::uint64_t epoch = 0;
    if (stored) {
      FRESHET_TRY(epoch, DecodeNumber(*stored));
    }
    current = std::make_shared<std::atomic<std::uint64_t>>(epoch);
  }
  const std::uint64_t mine = current->load() + 1;
  WriteSet set;
  set.Put(EpochKey(transactional_id), EncodeNumber(mine));
  FRESHET_CHECK(Write(std::move(set)));
  current->store(mine, std::memory_order_release);
  return ProducerEpoch{current, mine};
}

WriteSet TopicStore::MakeWriteSet(const std::vector<PendingPartition>& pending) const {
  WriteSet set;
  for (const auto& [to, chunks] : pending) {
    PartitionMarks marks = to->marks;
    for (const auto& chunk : chunks) {
      set.Put(ChunkKey(to->topic->id, to->number, marks.high), *chunk.bytes);
      marks.high += chunk.records;
      marks.bytes += static_cast<std::int64_t>(chunk.bytes->size());
    }
    set.Put(MarksKey(to->topic->id, to->number), EncodeMarks(marks));
  }
  return set;
}

Result<std::vector<Offset>> TopicStore::Commit(std::vector<PendingPartition> pending,
                                               const ProducerEpoch& epoch) {
  FRESHET_CHECK(CheckWritable());
  const std::lock_guard commit(commit_mutex_);
  if (epoch.Fenced()) {
    return MakeError(ErrorCode::kFenced, "another writer took over this transactional id; open a new writer");
  }
  for (const auto& partition : pending) {
    if (!partition.to->deleted) continue;
    return MakeError(ErrorCode::kAborted,
                     "topic " + partition.to->topic->spec.name + " was deleted during the transaction");
  }
  if (pending.empty()) return std::vector<Offset>();
  Failpoint("embedded.commit.before");
  FRESHET_CHECK(database_->Write(MakeWriteSet(pending), SyncEachCommit()));
  Failpoint("embedded.commit.after");
  unsynced_.store(true, std::memory_order_relaxed);
  return Publish(std::move(pending));
}

std::vector<Offset> TopicStore::Publish(std::vector<PendingPartition> pending) {
  std::vector<Offset> last;
  last.reserve(pending.size());
  const std::lock_guard lock(mutex_);
  for (auto& [to, chunks] : pending) {
    for (auto& chunk : chunks) AddToTail(to, std::move(chunk));
    last.push_back({to->marks.high - 1});
    Wake(*to);
  }
  return last;
}

void TopicStore::AddToTail(const PartitionHandle& partition, PendingChunk chunk) {
  const std::int64_t base = partition->marks.high;
  partition->marks.high += chunk.records;
  partition->marks.bytes += static_cast<std::int64_t>(chunk.bytes->size());
  tail_bytes_ += TailCost(*chunk.bytes);
  partition->tail.push_back({base, partition->marks.high, std::move(chunk.bytes)});
  tail_order_.push_back(partition);
  while (tail_bytes_ > options_.tail_bytes_max) {
    auto& oldest = tail_order_.front()->tail;
    tail_bytes_ -= TailCost(*oldest.front().bytes);
    oldest.pop_front();
    tail_order_.pop_front();
  }
}

/// Readers must not get from memory what retention or compaction took from the database.
void TopicStore::DropTail(PartitionLog& partition, std::int64_t below) {
  std::size_t dropped = 0;
  while (!partition.tail.empty() && partition.tail.front().next <= below) {
    tail_bytes_ -= TailCost(*partition.tail.front().bytes);
    partition.tail.pop_front();
    ++dropped;
  }
  if (dropped == 0) return;
  std::erase_if(tail_order_, [&](const PartitionHandle& each) {
    if (dropped == 0 || each.get() != &partition) return false;
    --dropped;
    return true;
  });
}

void TopicStore::Wake(PartitionLog& partition) {
  for (Waiter* waiter : partition.waiters) {
    waiter->signalled = true;
    waiter->wake.notify_one();
  }
}

std::size_t TopicStore::TailBytes() const {
  const std::lock_guard lock(mutex_);
  return tail_bytes_;
}

PartitionMarks TopicStore::MarksOf(const PartitionLog& partition) {
  const std::lock_guard lock(mutex_);
  return partition.marks;
}

Lookup TopicStore::Find(PartitionLog& partition, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  Lookup found{Lookup::Place::kDisk, {}, partition.marks};
  if (partition.deleted) {
    found.place = Lookup::Place::kGone;
  } else if (offset < partition.marks.low) {
    found.place = Lookup::Place::kBelow;
  } else if (offset > partition.marks.high) {
    found.place = Lookup::Place::kAbove;
  } else if (offset == partition.marks.high) {
    found.place = Lookup::Place::kEnd;
  } else if (!partition.tail.empty() && offset >= partition.tail.front().base) {
    const auto after =
        std::upper_bound(partition.tail.begin(), partition.tail.end(), offset,
                         [](std::int64_t at, const TailChunk& chunk) { return at < chunk.base; });
    found.place = Lookup::Place::kTail;
    found.chunk = *std::prev(after);
  }
  return found;
}

void TopicStore::Watch(PartitionLog& partition, Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  partition.waiters.push_back(&waiter);
}

void TopicStore::Unwatch(PartitionLog& partition, Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  std::erase(partition.waiters, &waiter);
}

Result<void> TopicStore::Wait(Waiter& waiter, std::chrono::steady_clock::time_point deadline) {
  const auto until =
      read_only_ ? std::min(deadline, std::chrono::steady_clock::now() + kFollowInterval) : deadline;
  {
    std::unique_lock lock(mutex_);
    waiter.wake.wait_until(lock, until, [&] { return waiter.signalled; });
    waiter.signalled = false;
  }
  return Refresh();
}

bool TopicStore::WaitForCatalogue(std::chrono::steady_clock::time_point deadline,
                                  const std::function<bool()>& check) {
  std::unique_lock lock(mutex_);
  return catalogue_changed_.wait_until(lock, deadline, check);
}

void TopicStore::CatalogueChanged(const std::function<void()>& change) {
  const std::lock_guard lock(mutex_);
  change();
  catalogue_changed_.notify_all();
}

Result<bool> TopicStore::Apply(PartitionLog& partition, PartitionChange change) {
  const std::lock_guard commit(commit_mutex_);
  if (partition.deleted) return false;
  PartitionMarks marks = partition.marks;
  marks.bytes += change.bytes_added;
  marks.low = change.low.value_or(marks.low);
  marks.cleaned_to = std::max(change.cleaned_to.value_or(marks.cleaned_to), marks.low);
  marks.clean_bytes = change.clean_bytes.value_or(marks.clean_bytes);
  change.chunks.Put(MarksKey(partition.topic->id, partition.number), EncodeMarks(marks));
  FRESHET_CHECK(database_->Write(std::move(change.chunks), false));
  unsynced_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  partition.marks = marks;
  if (change.low || change.cleaned_to) DropTail(partition, marks.cleaned_to);
  return true;
}

}  // namespace freshet::embedded
