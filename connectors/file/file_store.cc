#include "connectors/file/file_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <utility>

#include "base/random_id.h"
#include "base/topic_spec.h"

namespace freshet {
namespace {

constexpr std::string_view kManifestName = "/freshet-log";
constexpr std::string_view kLockName = "/freshet-lock";
constexpr std::int32_t kPartitionsMax = 1'000;  // each is an open file

Result<void> CheckSpec(const TopicSpec& spec) {
  const std::string& name = spec.name;
  const bool reserved = name.starts_with('.') || "/" + name == kManifestName || "/" + name == kLockName;
  if (!IsTopicName(name) || reserved) {
    return MakeError(ErrorCode::kInvalidArgument, "topic name '" + name +
                                                      "': use 1 to 249 letters, digits, '.', '_' or '-', "
                                                      "and no '.' in front");
  }
  return CheckPartitions(spec, kPartitionsMax);
}

Error UnknownTopic(const std::string& name) {
  return MakeError(ErrorCode::kNotFound, "topic " + name + " does not exist; create it or check its name");
}

Result<Descriptor> LockDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return MakeError(ErrorCode::kIo, "creating " + path + ": " + error.message());
  const bool known = std::filesystem::exists(path + std::string(kManifestName), error) ||
                     std::filesystem::exists(path + std::string(kLockName), error);
  if (!known && !std::filesystem::is_empty(path, error)) {
    return MakeError(ErrorCode::kUnsupported,
                     path + " holds something that is not a file log; choose another directory");
  }
  FRESHET_TRY(auto lock, Descriptor::Open(path + std::string(kLockName), O_RDWR | O_CREAT));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) == 0) return lock;
  return MakeError(ErrorCode::kAlreadyExists,
                   "file log " + path + " is in use by another process; stop that process or choose another");
}

}  // namespace

FileStore::FileStore(std::string path, const FileLogOptions& options, Descriptor lock)
    : path_(std::move(path)), options_(options), lock_(std::move(lock)) {}

Result<std::unique_ptr<FileStore>> FileStore::Open(const std::string& path, const FileLogOptions& options) {
  FRESHET_TRY(auto lock, LockDirectory(path));
  std::unique_ptr<FileStore> store(new FileStore(path, options, std::move(lock)));
  FRESHET_CHECK(store->Load());
  return store;
}

Result<void> FileStore::Load() {
  const std::string name = path_ + std::string(kManifestName);
  std::error_code error;
  if (!std::filesystem::exists(name, error)) {
    Manifest manifest;
    manifest.id = RandomId();
    manifest.compression = options_.compression;
    FRESHET_CHECK(Replace(manifest));
    manifest_ = std::move(manifest);
    return {};
  }
  FRESHET_TRY(const auto file, Descriptor::Open(name, O_RDONLY));
  FRESHET_TRY(const auto size, file.Size());
  FRESHET_TRY(const auto text, file.ReadAt(0, size));
  auto manifest = ParseManifest(text);
  if (!manifest.ok()) return manifest.error().Within(name);
  manifest_ = std::move(*manifest);
  for (const auto& [topic_name, topic] : manifest_.topics) FRESHET_CHECK(OpenFiles(topic));
  return {};
}

std::string FileStore::FileName(const std::string& topic, std::size_t partition) const {
  return path_ + "/" + topic + "/" + std::to_string(partition) + ".jsonl" +
         std::string(CompressionSuffix(manifest_.compression));
}

Result<void> FileStore::OpenFiles(const FileTopic& topic) {
  const std::string& name = topic.spec.name;
  std::error_code error;
  std::filesystem::create_directories(path_ + "/" + name, error);
  if (error) return MakeError(ErrorCode::kIo, "creating " + path_ + "/" + name + ": " + error.message());
  TopicFiles files;
  for (std::size_t i = 0; i < topic.committed_bytes.size(); ++i) {
    FRESHET_TRY(auto file,
                PartitionFile::Open(FileName(name, i), manifest_.compression, topic.committed_bytes[i]));
    files.partitions.push_back(std::make_shared<PartitionFile>(std::move(file)));
  }
  if (options_.sync) {
    FRESHET_CHECK(SyncDirectory(path_ + "/" + name));
  }
  files_[name] = std::move(files);
  return {};
}

Result<void> FileStore::SyncDirectory(const std::string& path) const {
  FRESHET_TRY(auto directory, Descriptor::Open(path, O_RDONLY | O_DIRECTORY));
  return directory.Sync();
}

Result<void> FileStore::Replace(const Manifest& manifest) {
  const std::string name = path_ + std::string(kManifestName);
  const std::string fresh = name + ".new";
  FRESHET_TRY(auto file, Descriptor::Open(fresh, O_WRONLY | O_CREAT | O_TRUNC));
  FRESHET_CHECK(file.Write(FormatManifest(manifest)));
  if (options_.sync) {
    FRESHET_CHECK(file.Sync());
  }
  FRESHET_CHECK(file.Close());
  std::error_code error;
  std::filesystem::rename(fresh, name, error);
  if (error) return MakeError(ErrorCode::kIo, "replacing " + name + ": " + error.message());
  if (!options_.sync) return {};
  // The new manifest counts from here on, so this cannot be undone; what may not last must not grow either.
  const auto synced = SyncDirectory(path_);
  if (!synced.ok()) broken_ = synced.error();
  return {};
}

Result<void> FileStore::Create(const TopicSpec& spec) {
  FRESHET_CHECK(CheckSpec(spec));
  const std::lock_guard lock(mutex_);
  if (manifest_.topics.contains(spec.name)) {
    return MakeError(ErrorCode::kAlreadyExists, "topic " + spec.name + " exists");
  }
  Manifest manifest = manifest_;
  FileTopic topic{spec, ++manifest.topics_created, {}};
  topic.committed_bytes.resize(static_cast<std::size_t>(spec.partitions));
  manifest.topics[spec.name] = topic;
  FRESHET_CHECK(OpenFiles(topic));
  auto replaced = Replace(manifest);
  if (!replaced.ok()) {
    files_.erase(spec.name);
    return replaced;
  }
  manifest_ = std::move(manifest);
  ++version_;
  changed_.notify_all();
  return {};
}

Result<void> FileStore::Delete(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!manifest_.topics.contains(name)) return UnknownTopic(name);
  Manifest manifest = manifest_;
  manifest.topics.erase(name);
  FRESHET_CHECK(Replace(manifest));
  manifest_ = std::move(manifest);
  files_.erase(name);
  ++version_;
  changed_.notify_all();
  std::error_code error;
  std::filesystem::remove_all(path_ + "/" + name, error);
  if (error) return MakeError(ErrorCode::kIo, "removing " + path_ + "/" + name + ": " + error.message());
  return {};
}

Result<FileTopic> FileStore::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = manifest_.topics.find(name);
  if (found == manifest_.topics.end()) return UnknownTopic(name);
  return found->second;
}

std::vector<FileTopic> FileStore::Topics() const {
  const std::lock_guard lock(mutex_);
  std::vector<FileTopic> topics;
  for (const auto& [name, topic] : manifest_.topics) topics.push_back(topic);
  return topics;
}

Result<std::shared_ptr<PartitionFile>> FileStore::FindLocked(const TopicPartition& of) const {
  const auto found = files_.find(of.topic);
  if (found == files_.end()) return UnknownTopic(of.topic);
  const auto number = static_cast<std::size_t>(of.partition.value);
  if (of.partition.value >= 0 && number < found->second.partitions.size())
    return found->second.partitions[number];
  return MakeError(ErrorCode::kNotFound,
                   "topic " + of.topic + " has " + std::to_string(found->second.partitions.size()) +
                       " partitions and no partition " + std::to_string(of.partition.value));
}

std::uint64_t FileStore::Version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void FileStore::WaitForChange(std::uint64_t version, std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return version_ != version; });
}

Result<void> FileStore::Join(const std::string& group) {
  const std::lock_guard lock(mutex_);
  if (groups_.insert(group).second) return {};
  return MakeError(ErrorCode::kUnsupported, "group " + group + " has a member; a file log takes one");
}

void FileStore::Leave(const std::string& group) {
  const std::lock_guard lock(mutex_);
  groups_.erase(group);
}

}  // namespace freshet
