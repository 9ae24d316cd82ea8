// The part of TopicStore that opens the directory and keeps the catalogue of topics.

#include <filesystem>
#include <utility>

#include "base/random_id.h"
#include "connectors/embedded/topic_store.h"

namespace freshet::embedded {
namespace {

constexpr char kFormatVersion = 1;
constexpr int kOpenAttempts = 5;  // read-only: files may vanish under the open while the owner compacts

Error NotALog(const std::string& path) {
  return MakeError(ErrorCode::kUnsupported,
                   path + " holds something that is not an embedded log; choose another directory");
}

Result<void> CheckDirectory(const std::string& path) {
  std::error_code error;
  const bool database = std::filesystem::exists(path + "/CURRENT", error);
  const bool used = std::filesystem::exists(path, error) && !std::filesystem::is_empty(path, error);
  // A process killed while it made the log leaves RocksDB's own files without CURRENT.
  const bool unfinished = std::filesystem::exists(path + "/LOCK", error);
  if (used && !database && !unfinished) return NotALog(path);
  return {};
}

}  // namespace

TopicStore::TopicStore(std::unique_ptr<Database> database, const EmbeddedOptions& options, bool read_only)
    : options_(options), read_only_(read_only), database_(std::move(database)) {}

Result<std::unique_ptr<TopicStore>> TopicStore::Open(const std::string& path,
                                                     const EmbeddedOptions& options) {
  FRESHET_CHECK(CheckDirectory(path));
  DatabaseOptions storage;
  storage.memory = options.memory;
  storage.runs = {"C", ChunkPrefix(0, 0).size()};
  // A log that was killed has tables left to compact: not while its readers catch up.
  storage.compaction_later = options.maintenance_interval.count() > 0;
  FRESHET_TRY(auto database, Database::Open(path, storage));
  std::unique_ptr<TopicStore> store(new TopicStore(std::move(database), options, false));
  FRESHET_CHECK(store->CheckFormat(path));
  FRESHET_CHECK(store->Load());
  return store;
}

Result<std::unique_ptr<TopicStore>> TopicStore::OpenReadOnly(const std::string& path) {
  auto database = Database::OpenReadOnly(path, {});
  for (int i = 1; i < kOpenAttempts && !database.ok() && database.error().code != ErrorCode::kNotFound; ++i) {
    database = Database::OpenReadOnly(path, {});
  }
  if (!database.ok()) return database.error();
  std::unique_ptr<TopicStore> store(new TopicStore(std::move(*database), {}, true));
  FRESHET_CHECK(store->CheckFormat(path));
  FRESHET_CHECK(store->Load());
  return store;
}

Result<void> TopicStore::CheckFormat(const std::string& path) {
  FRESHET_TRY(const auto format, database_->Get(kFormatKey));
  if (format) {
    if (format->empty()) return NotALog(path);
    cluster_id_ = format->substr(1);
    if ((*format)[0] == kFormatVersion) return {};
    return MakeError(ErrorCode::kUnsupported,
                     path + " has format " + std::to_string(static_cast<int>((*format)[0])) +
                         " of the embedded log, this Freshet reads " + std::to_string(kFormatVersion) +
                         "; use the Freshet that wrote it");
  }
  const auto cursor = database_->NewCursor();
  cursor->Seek("");
  FRESHET_CHECK(cursor->Status());
  if (cursor->Valid() || read_only_) return NotALog(path);
  cluster_id_ = RandomId();
  WriteSet set;
  set.Put(kFormatKey, std::string(1, kFormatVersion) + cluster_id_);
  return Write(std::move(set));
}

Result<void> TopicStore::Load() {
  std::map<std::string, TopicState> loaded;
  const auto cursor = database_->NewCursor();
  const std::string prefix = TopicKey("");
  for (cursor->Seek(prefix); cursor->Valid() && cursor->Key().starts_with(prefix); cursor->Next()) {
    const auto name = cursor->Key().substr(prefix.size());
    FRESHET_TRY(auto topic, DecodeTopic(name, cursor->Value()));
    FRESHET_TRY(auto state, LoadTopic(std::make_shared<const Topic>(std::move(topic))));
    loaded.emplace(name, std::move(state));
  }
  FRESHET_CHECK(cursor->Status());
  Adopt(std::move(loaded));
  return {};
}

Result<TopicStore::TopicState> TopicStore::LoadTopic(std::shared_ptr<const Topic> topic) {
  TopicState state{topic, {}};
  for (std::int32_t number = 0; number < topic->spec.partitions; ++number) {
    auto partition = std::make_shared<PartitionLog>();
    partition->topic = topic;
    partition->number = number;
    FRESHET_TRY(const auto stored, database_->Get(MarksKey(topic->id, number)));
    if (stored) {
      FRESHET_TRY(partition->marks, DecodeMarks(*stored));
    }
    state.partitions.push_back(std::move(partition));
  }
  return state;
}

void TopicStore::Adopt(std::map<std::string, TopicState> loaded) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, known] : topics_) {
    const auto found = loaded.find(name);
    const bool same = found != loaded.end() && found->second.topic->id == known.topic->id;
    for (std::size_t i = 0; i < known.partitions.size(); ++i) {
      PartitionLog& partition = *known.partitions[i];
      partition.deleted = !same;
      if (same) partition.marks = found->second.partitions[i]->marks;
      Wake(partition);
    }
    if (same) found->second = known;
  }
  topics_ = std::move(loaded);
  catalogue_changed_.notify_all();
}

Result<void> TopicStore::Refresh() {
  if (!read_only_) return {};
  const std::lock_guard refresh(refresh_mutex_);
  auto followed = database_->CatchUp();
  // The owner may remove a file while it is being opened here; the next call sees the new state.
  if (!followed.ok()) return MakeError(ErrorCode::kUnavailable, followed.error().message);
  return Load();
}

Result<std::uint32_t> TopicStore::NextTopicId() {
  FRESHET_TRY(const auto stored, database_->Get(kNextTopicKey));
  if (!stored) return 1U;
  FRESHET_TRY(const auto number, DecodeNumber(*stored));
  return static_cast<std::uint32_t>(number);
}

Result<void> TopicStore::Create(const TopicSpec& spec) {
  FRESHET_CHECK(CheckWritable());
  FRESHET_TRY(auto topic, MakeTopic(spec));
  const std::lock_guard commit(commit_mutex_);
  if (FindTopic(spec.name).ok()) {
    return MakeError(ErrorCode::kAlreadyExists, "topic " + spec.name + " exists");
  }
  FRESHET_TRY(topic.id, NextTopicId());
  WriteSet set;
  set.Put(kNextTopicKey, EncodeNumber(std::uint64_t{topic.id} + 1));
  set.Put(TopicKey(spec.name), EncodeTopic(topic));
  FRESHET_CHECK(Write(std::move(set)));
  FRESHET_TRY(auto state, LoadTopic(std::make_shared<const Topic>(std::move(topic))));
  CatalogueChanged([&] { topics_.emplace(spec.name, std::move(state)); });
  return {};
}

Result<void> TopicStore::Delete(const std::string& name) {
  FRESHET_CHECK(CheckWritable());
  const std::lock_guard commit(commit_mutex_);
  FRESHET_TRY(const auto topic, FindTopic(name));
  WriteSet set;
  set.Delete(TopicKey(name));
  for (std::int32_t i = 0; i < topic->spec.partitions; ++i) set.Delete(MarksKey(topic->id, i));
  set.Put(GarbageKey(topic->id), "");
  FRESHET_CHECK(Write(std::move(set)));
  CatalogueChanged([&] {
    const auto node = topics_.extract(name);
    for (const auto& partition : node.mapped().partitions) {
      partition->deleted = true;
      Wake(*partition);
    }
  });
  return {};
}

Result<std::shared_ptr<const Topic>> TopicStore::FindTopic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second.topic;
  return MakeError(ErrorCode::kNotFound, "topic " + name + " does not exist; create it or check its name");
}

std::vector<std::shared_ptr<const Topic>> TopicStore::Topics() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Topic>> topics;
  for (const auto& [name, state] : topics_) topics.push_back(state.topic);
  return topics;
}

Result<PartitionHandle> TopicStore::Find(const TopicPartition& of) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(of.topic);
  if (found == topics_.end()) {
    return MakeError(ErrorCode::kNotFound,
                     "topic " + of.topic + " does not exist; create it or check its name");
  }
  const auto& partitions = found->second.partitions;
  const auto number = static_cast<std::size_t>(of.partition.value);
  if (of.partition.value < 0 || number >= partitions.size()) {
    return MakeError(ErrorCode::kNotFound, "topic " + of.topic + " has " + std::to_string(partitions.size()) +
                                               " partitions and no partition " +
                                               std::to_string(of.partition.value));
  }
  return partitions[number];
}

std::vector<PartitionHandle> TopicStore::Partitions() {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionHandle> partitions;
  for (const auto& [name, state] : topics_) {
    partitions.insert(partitions.end(), state.partitions.begin(), state.partitions.end());
  }
  return partitions;
}

std::int32_t TopicStore::PartitionCountLocked(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second.topic->spec.partitions;
}

}  // namespace freshet::embedded
