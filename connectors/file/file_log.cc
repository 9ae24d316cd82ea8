#include "connectors/file/file_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "connectors/file/file_store.h"

namespace freshet {
namespace {

TopicDescription DescribeTopic(const FileTopic& topic) {
  return {topic.spec.name, topic.spec.partitions, std::to_string(topic.id), topic.spec.settings};
}

class FileReader final : public Reader {
 public:
  explicit FileReader(FileStore& store) : store_(store) {}

  Result<void> Assign(std::vector<Position> positions) override {
    places_.clear();
    for (auto& position : positions) places_.push_back({std::move(position), {}, 0, false});
    first_ = 0;
    return {};
  }

  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      const std::uint64_t version = store_.Version();
      FRESHET_TRY(auto result, Collect(limits));
      if (!result.records.empty() || !result.ends.empty()) return result;
      if (std::chrono::steady_clock::now() >= deadline) return result;
      store_.WaitForChange(version, deadline);
    }
  }

 private:
  struct Place {
    Position position;
    std::vector<Record> block;  // of the transaction being read
    std::size_t used = 0;
    bool ended = false;  // reported at this position
  };

  Result<PollResult> Collect(const PollLimits& limits) {
    PollResult result;
    std::size_t bytes = 0;
    bool full = false;
    for (std::size_t i = 0; i < places_.size() && !full; ++i) {
      const auto source = static_cast<std::uint32_t>((first_ + i) % places_.size());
      const auto read = ReadPlace(source, limits, bytes, result);
      // What was already taken must be delivered; the error comes again with the next call.
      if (!read.ok() && result.records.empty() && result.ends.empty()) return read.error();
      full = !read.ok() || *read;
    }
    if (!places_.empty()) first_ = (first_ + 1) % places_.size();
    return result;
  }

  /// True when a limit was met.
  Result<bool> ReadPlace(std::uint32_t source, const PollLimits& limits, std::size_t& bytes,
                         PollResult& into) {
    Place& place = places_[source];
    while (true) {
      for (; place.used < place.block.size(); ++place.used) {
        Record& record = place.block[place.used];
        const std::size_t size =
            (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
        const bool over = into.records.size() >= limits.records_max || bytes + size > limits.bytes_max;
        if (over && (!into.records.empty() || limits.records_max == 0)) return true;
        bytes += size;
        record.source = source;
        place.position.next = {record.offset.value + 1};
        place.ended = false;
        into.records.push_back(std::move(record));
      }
      FRESHET_TRY(place.block, store_.ReadFrom(place.position.from, place.position.next));
      place.used = 0;
      if (place.block.empty()) break;
      const std::int64_t base = place.block.front().offset.value;
      place.used = static_cast<std::size_t>(place.position.next.value - base);
    }
    if (!place.ended) into.ends.push_back({source, place.position.next});
    place.ended = true;
    return false;
  }

  FileStore& store_;
  std::vector<Place> places_;
  std::size_t first_ = 0;
};

class FileWriter final : public Writer {
 public:
  FileWriter(FileStore& store, WriterOptions options) : store_(store), options_(std::move(options)) {}

  Result<void> Initialise() override {
    if (options_.transactional_id) epoch_ = store_.BumpEpoch(*options_.transactional_id);
    initialised_ = true;
    return {};
  }

  Result<void> Begin() override {
    FRESHET_CHECK(CheckUsable());
    if (begun_)
      return MakeError(ErrorCode::kInvalidArgument, "Begin inside a transaction; commit or abort it first");
    begun_ = true;
    return {};
  }

  Result<void> Check(const OutputRecord& output) override { return CheckRecord(output); }

  Result<void> Append(OutputRecord output) override {
    FRESHET_CHECK(CheckUsable());
    if (!begun_)
      return MakeError(ErrorCode::kInvalidArgument, "Append outside a transaction; call Begin first");
    FRESHET_CHECK(CheckRecord(output));
    Record record;
    record.timestamp = output.timestamp ? *output.timestamp : store_.options().clock->Now();
    record.key = std::move(output.key);
    record.value = std::move(output.value);
    record.headers = std::move(output.headers);
    records_[output.to].push_back(std::move(record));
    return {};
  }

  Result<CommitReceipt> Commit() override {
    FRESHET_CHECK(CheckUsable());
    if (!begun_)
      return MakeError(ErrorCode::kInvalidArgument, "Commit outside a transaction; call Begin first");
    auto receipt = store_.Commit({options_.transactional_id, epoch_, records_});
    if (receipt.ok()) Drop();
    return receipt;
  }

  Result<void> Abort() override {
    Drop();
    return {};
  }

 private:
  Result<void> CheckUsable() const {
    if (!initialised_) return MakeError(ErrorCode::kInvalidArgument, "writer used before Initialise");
    if (!store_.Fenced(options_.transactional_id, epoch_)) return {};
    return MakeError(ErrorCode::kFenced, "transactional id " + *options_.transactional_id +
                                             " was taken over by another writer; open a new one");
  }

  Result<void> CheckRecord(const OutputRecord& record) {
    const auto marks = store_.Marks(record.to);
    if (!marks.ok()) return MakeError(ErrorCode::kInvalidArgument, marks.error().message);
    FRESHET_TRY(const auto topic, store_.Find(record.to.topic));
    const std::int64_t log_max = store_.options().message_bytes_max;
    const std::int64_t bytes_max = std::min(log_max, topic.spec.message_bytes_max.value_or(log_max));
    const std::size_t size =
        (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
    if (static_cast<std::int64_t>(size) > bytes_max) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "record of " + std::to_string(size) + " bytes for " + record.to.topic + ", at most " +
                           std::to_string(bytes_max) + "; shorten it or raise message_bytes_max");
    }
    if (bytes_ + size + sizeof(Record) > store_.options().transaction_bytes_max) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "the open transaction would exceed " +
                           std::to_string(store_.options().transaction_bytes_max) +
                           " bytes; commit smaller batches or raise transaction_bytes_max");
    }
    bytes_ += size + sizeof(Record);
    return {};
  }

  void Drop() {
    begun_ = false;
    bytes_ = 0;
    records_.clear();
  }

  FileStore& store_;
  const WriterOptions options_;
  std::uint64_t epoch_ = 0;
  bool initialised_ = false;
  bool begun_ = false;
  std::size_t bytes_ = 0;
  std::map<TopicPartition, std::vector<Record>> records_;
};

class FileMembership final : public Membership {
 public:
  FileMembership(FileStore& store, GroupOptions options) : store_(store), options_(std::move(options)) {}
  ~FileMembership() override { static_cast<void>(Leave()); }

  Result<std::optional<std::vector<TopicPartition>>> Poll(std::chrono::milliseconds timeout) override {
    if (told_) {
      store_.WaitForChange(store_.Version(), std::chrono::steady_clock::now() + timeout);
      return std::optional<std::vector<TopicPartition>>();
    }
    told_ = true;
    std::vector<TopicPartition> owned;
    for (const auto& topic : options_.lead_topics) {
      const auto found = store_.Find(topic);
      for (std::int32_t i = 0; found.ok() && i < found->spec.partitions; ++i) owned.push_back({topic, {i}});
    }
    return std::optional<std::vector<TopicPartition>>(std::move(owned));
  }

  Result<void> AdviseOffsets(const std::vector<Position>&) override { return {}; }

  Result<void> Leave() override {
    if (std::exchange(joined_, false)) store_.Leave(options_.group);
    return {};
  }

 private:
  FileStore& store_;
  const GroupOptions options_;
  bool told_ = false;
  bool joined_ = true;
};

}  // namespace

FileLog::FileLog(std::unique_ptr<FileStore> store) : store_(std::move(store)) {}
FileLog::~FileLog() = default;

Result<std::unique_ptr<FileLog>> FileLog::Open(const std::string& path, const FileLogOptions& options) {
  FRESHET_TRY(auto store, FileStore::Open(path, options));
  return std::unique_ptr<FileLog>(new FileLog(std::move(store)));
}

Result<std::string> FileLog::ClusterId() { return store_->id(); }

Result<TopicDescription> FileLog::Describe(const std::string& topic) {
  FRESHET_TRY(const auto found, store_->Find(topic));
  return DescribeTopic(found);
}

Result<std::vector<TopicDescription>> FileLog::List() {
  std::vector<TopicDescription> descriptions;
  for (const auto& topic : store_->Topics()) descriptions.push_back(DescribeTopic(topic));
  return descriptions;
}

Result<void> FileLog::Create(const TopicSpec& spec) { return store_->Create(spec); }

Result<void> FileLog::Delete(const std::string& topic) { return store_->Delete(topic); }

Result<Watermarks> FileLog::QueryWatermarks(const TopicPartition& of, Isolation) { return store_->Marks(of); }

Result<Offset> FileLog::OffsetForTime(const TopicPartition& of, Timestamp time) {
  return store_->OffsetForTime(of, time);
}

Result<std::unique_ptr<Reader>> FileLog::OpenReader(const ReaderOptions&) {
  return std::unique_ptr<Reader>(std::make_unique<FileReader>(*store_));
}

Result<std::unique_ptr<Writer>> FileLog::OpenWriter(const WriterOptions& options) {
  return std::unique_ptr<Writer>(std::make_unique<FileWriter>(*store_, options));
}

Result<std::unique_ptr<Membership>> FileLog::Join(const GroupOptions& options) {
  FRESHET_CHECK(store_->Join(options.group));
  return std::unique_ptr<Membership>(std::make_unique<FileMembership>(*store_, options));
}

std::int64_t FileLog::MessageBytesMax() const { return store_->options().message_bytes_max; }

}  // namespace freshet
