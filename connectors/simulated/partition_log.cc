#include "connectors/simulated/partition_log.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "base/assert.h"

namespace freshet::simulated {

namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

}  // namespace

PartitionLog::Entries::const_iterator PartitionLog::At(Offset offset) const {
  return std::lower_bound(entries_.begin(), entries_.end(), offset,
                          [](const Entry& entry, Offset wanted) { return entry.offset < wanted; });
}

Offset PartitionLog::Append(const OutputRecord& record, Timestamp now, ProducerId producer) {
  Entry entry;
  entry.offset = next_;
  entry.timestamp = record.timestamp.value_or(now);
  entry.appended = now;
  entry.producer = producer;
  entry.kind = producer == 0 ? Kind::kCommitted : Kind::kOpen;
  entry.key = record.key;
  entry.value = record.value;
  entry.headers = record.headers;
  if (producer != 0) open_.try_emplace(producer, next_);
  entries_.push_back(std::move(entry));
  ++next_.value;
  return entries_.back().offset;
}

void PartitionLog::EndTransaction(ProducerId producer, bool commit, Timestamp now) {
  Decide(producer, commit ? kAll : 0, now);
}

void PartitionLog::TearTransaction(ProducerId producer, std::size_t visible, Timestamp now) {
  const auto open = open_.find(producer);
  if (open != open_.end()) first_torn_ = std::min(first_torn_.value_or(open->second), open->second);
  Decide(producer, visible, now);
}

void PartitionLog::Decide(ProducerId producer, std::size_t visible, Timestamp now) {
  const auto open = open_.find(producer);
  if (open == open_.end()) return;
  const std::size_t first = static_cast<std::size_t>(At(open->second) - entries_.begin());
  std::size_t seen = 0;
  for (std::size_t i = first; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.producer != producer || entry.kind != Kind::kOpen) continue;
    entry.kind = seen++ < visible ? Kind::kCommitted : Kind::kAborted;
  }
  open_.erase(open);
  Entry marker;
  marker.offset = next_;
  marker.timestamp = now;
  marker.appended = now;
  marker.producer = producer;
  marker.kind = Kind::kMarker;
  entries_.push_back(std::move(marker));
  ++next_.value;
}

std::size_t PartitionLog::OpenRecords(ProducerId producer) const {
  const auto open = open_.find(producer);
  if (open == open_.end()) return 0;
  return static_cast<std::size_t>(std::count_if(
      At(open->second), entries_.end(),
      [producer](const Entry& entry) { return entry.producer == producer && entry.kind == Kind::kOpen; }));
}

Offset PartitionLog::End(Isolation isolation) const {
  Offset end = next_;
  if (isolation == Isolation::kReadUncommitted) return end;
  for (const auto& [producer, first] : open_) end = std::min(end, first);
  return end;
}

Offset PartitionLog::OffsetForTime(Timestamp time) const {
  for (const Entry& entry : entries_) {
    if (entry.kind != Kind::kMarker && entry.timestamp >= time) return entry.offset;
  }
  return next_;
}

Offset PartitionLog::Fetch(Offset from, Isolation isolation, FetchBudget& budget,
                           std::vector<Record>& into) const {
  const Offset end = End(isolation);
  for (auto entry = At(from); entry != entries_.end() && entry->offset < end; ++entry) {
    const bool aborted = entry->kind == Kind::kAborted && isolation == Isolation::kReadCommitted;
    if (aborted || entry->kind == Kind::kMarker) continue;
    const bool full = budget.records == 0 || (budget.taken && entry->Bytes() > budget.bytes);
    if (full) return entry->offset;
    Record record;
    record.offset = entry->offset;
    record.timestamp = entry->timestamp;
    record.key = entry->key;
    record.value = entry->value;
    record.headers = entry->headers;
    into.push_back(std::move(record));
    --budget.records;
    budget.bytes -= std::min(budget.bytes, entry->Bytes());
    budget.taken = true;
  }
  // A position beyond the last stable offset waits there.
  return std::max(from, end);
}

void PartitionLog::Compact(Offset limit, Timestamp tombstones_before) {
  limit = std::min(limit, End(Isolation::kReadCommitted));
  std::set<std::string> seen;
  Entries kept;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->offset >= limit) {
      kept.push_back(std::move(*entry));
      continue;
    }
    if (entry->kind != Kind::kCommitted || !seen.insert(entry->key.value_or("")).second) continue;
    if (!entry->value && entry->appended < tombstones_before) continue;
    kept.push_back(std::move(*entry));
  }
  std::reverse(kept.begin(), kept.end());
  entries_ = std::move(kept);
}

Offset PartitionLog::FirstAppendedSince(Timestamp time) const {
  for (const Entry& entry : entries_) {
    if (entry.appended >= time) return entry.offset;
  }
  return next_;
}

void PartitionLog::Retain(Timestamp oldest) {
  Offset low = End(Isolation::kReadCommitted);
  for (const Entry& entry : entries_) {
    if (entry.kind == Kind::kMarker || entry.timestamp < oldest) continue;
    low = std::min(low, entry.offset);
    break;
  }
  DeleteBefore(low);
}

void PartitionLog::DeleteBefore(Offset low) {
  FRESHET_ASSERT(low <= next_);
  low_ = std::max(low_, low);
  entries_.erase(entries_.begin(), At(low_));
}

void PartitionLog::Truncate(Offset high) {
  FRESHET_ASSERT(high <= next_);
  FRESHET_ASSERT(high >= low_);
  entries_.erase(At(high), entries_.cend());
  next_ = high;
  std::erase_if(open_, [high](const auto& open) { return open.second >= high; });
}

}  // namespace freshet::simulated
