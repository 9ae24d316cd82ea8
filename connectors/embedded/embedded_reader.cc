#include "connectors/embedded/embedded_reader.h"

#include <algorithm>
#include <utility>

#include "base/topic_spec.h"

namespace freshet::embedded {
namespace {

std::optional<std::string> Own(const std::optional<std::string_view>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(*bytes);
}

Record MakeRecord(std::uint32_t source, const RecordView& view) {
  Record record;
  record.source = source;
  record.offset = {view.offset};
  record.timestamp = {view.time_ms};
  record.key = Own(view.key);
  record.value = Own(view.value);
  if (view.headers.size() > 1) record.headers = DecodeHeaders(view.headers);
  return record;
}

std::string Named(const TopicPartition& of, std::int64_t offset) {
  return PartitionName(of) + "@" + std::to_string(offset);
}

Error OutOfRange(const TopicPartition& of, std::int64_t offset, const PartitionMarks& marks) {
  return MakeError(ErrorCode::kOutOfRange, Named(of, offset) + " is outside the log, which holds " +
                                               std::to_string(marks.low) + " to " +
                                               std::to_string(marks.high));
}

/// Puts the cursor on the chunk that holds `offset`, or on the first one behind it.
void SeekChunk(Cursor& cursor, const PartitionLog& partition, std::int64_t offset) {
  const std::string prefix = ChunkPrefix(partition.topic->id, partition.number);
  const std::string key = ChunkKey(partition.topic->id, partition.number, offset);
  cursor.SeekForPrev(key);
  if (cursor.Valid() && cursor.Key().starts_with(prefix)) {
    const auto header = ReadChunkHeader(cursor.Value());
    if (!header.ok() || BaseOfChunkKey(cursor.Key()) + header->last >= offset) return;
  }
  cursor.Seek(key);
}

}  // namespace

EmbeddedReader::EmbeddedReader(TopicStore& store) : store_(store) {}

EmbeddedReader::~EmbeddedReader() { Release(); }

void EmbeddedReader::Release() {
  for (auto& place : places_) {
    if (place.partition) store_.Unwatch(*place.partition, waiter_);
  }
  places_.clear();
}

Result<void> EmbeddedReader::Assign(std::vector<Position> positions) {
  Release();
  FRESHET_CHECK(store_.Refresh());
  for (auto& position : positions) {
    Place place;
    auto partition = store_.Find(position.from);
    if (partition.ok()) {
      place.partition = std::move(*partition);
      store_.Watch(*place.partition, waiter_);
    }
    place.name = std::move(position.from);
    place.next = position.next.value;
    places_.push_back(std::move(place));
  }
  first_ = 0;
  return {};
}

Result<PollResult> EmbeddedReader::Poll(std::chrono::milliseconds timeout, const PollLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    FRESHET_TRY(auto result, Collect(limits));
    if (!result.records.empty() || !result.ends.empty()) return result;
    if (std::chrono::steady_clock::now() >= deadline) return result;
    FRESHET_CHECK(store_.Wait(waiter_, deadline));
  }
}

Result<PollResult> EmbeddedReader::Collect(const PollLimits& limits) {
  PollResult result;
  Budget budget{limits.records_max, limits.bytes_max};
  for (std::size_t i = 0; i < places_.size() && budget.records > 0; ++i) {
    const auto source = static_cast<std::uint32_t>((first_ + i) % places_.size());
    auto read = ReadPlace(source, budget, result);
    if (read.ok()) continue;
    // What was already taken must be delivered; the error comes again with the next call.
    if (result.records.empty() && result.ends.empty()) return read.error();
    return result;
  }
  if (!places_.empty()) first_ = (first_ + 1) % places_.size();
  return result;
}

Result<void> EmbeddedReader::ReadPlace(std::uint32_t source, Budget& budget, PollResult& into) {
  Place& place = places_[source];
  if (!place.partition) {
    return MakeError(ErrorCode::kNotFound, Named(place.name, place.next) + ": no such topic or partition");
  }
  Walk walk;
  while (true) {
    if (place.chunk) {
      FRESHET_TRY(const bool used_up, DrainChunk(source, budget, into));
      if (!used_up) return {};
    }
    FRESHET_TRY(const bool found, NextChunk(place, walk));
    if (found) continue;
    if (place.ended_at != place.next) into.ends.push_back({source, {place.next}});
    place.ended_at = place.next;
    return {};
  }
}

Result<bool> EmbeddedReader::DrainChunk(std::uint32_t source, Budget& budget, PollResult& into) {
  Place& place = places_[source];
  while (true) {
    if (!place.record) {
      FRESHET_TRY(place.record, place.chunk->Next());
      if (!place.record) break;
      if (place.record->offset < place.next) {
        place.record.reset();
        continue;
      }
    }
    const std::size_t size = place.record->Bytes();
    if (budget.records == 0) return false;
    if (size > budget.bytes && !into.records.empty()) {
      budget.records = 0;
      return false;
    }
    budget.bytes -= std::min(size, budget.bytes);
    --budget.records;
    into.records.push_back(MakeRecord(source, *place.record));
    place.next = place.record->offset + 1;
    place.record.reset();
    place.ended_at.reset();
  }
  place.next = std::max(place.next, place.chunk->NextOffset());
  place.chunk.reset();
  return true;
}

Result<bool> EmbeddedReader::NextChunk(Place& place, Walk& walk) {
  while (!place.chunk) {
    Lookup found = store_.Find(*place.partition, place.next);
    switch (found.place) {
      case Lookup::Place::kEnd:
        return false;
      case Lookup::Place::kGone:
        return MakeError(ErrorCode::kNotFound, Named(place.name, place.next) + ": the topic was deleted");
      case Lookup::Place::kBelow:
      case Lookup::Place::kAbove:
        return OutOfRange(place.name, place.next, found.marks);
      case Lookup::Place::kTail: {
        FRESHET_TRY(place.chunk, ChunkReader::Open(std::move(found.chunk.bytes), found.chunk.base,
                                                   ChunkReader::Check::kTrusted));
        break;
      }
      case Lookup::Place::kDisk:
        FRESHET_CHECK(OpenFromDisk(place, walk, found.marks));
    }
  }
  return true;
}

Result<void> EmbeddedReader::OpenFromDisk(Place& place, Walk& walk, const PartitionMarks& marks) {
  const PartitionLog& partition = *place.partition;
  if (walk.cursor) {
    walk.cursor->Next();
  } else {
    walk.cursor = store_.database().NewCursor();
    walk.high = marks.high;
    SeekChunk(*walk.cursor, partition, place.next);
  }
  FRESHET_CHECK(walk.cursor->Status());
  const std::string prefix = ChunkPrefix(partition.topic->id, partition.number);
  const bool valid = walk.cursor->Valid() && walk.cursor->Key().starts_with(prefix);
  const std::int64_t base = valid ? BaseOfChunkKey(walk.cursor->Key()) : marks.high;
  if (base >= marks.high) {
    // Nothing is left below the high watermark of the time when the walk began: compaction took it.
    place.next = std::max(place.next, walk.high);
    walk.cursor.reset();
    return {};
  }
  auto bytes = std::make_shared<const std::string>(walk.cursor->Value());
  auto opened = ChunkReader::Open(std::move(bytes), base, ChunkReader::Check::kVerify);
  if (!opened.ok()) return opened.error().Within(Named(place.name, base));
  place.chunk = std::move(*opened);
  return {};
}

}  // namespace freshet::embedded
