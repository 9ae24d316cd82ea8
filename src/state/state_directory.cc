#include "state/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "base/format.h"
#include "base/hash.h"
#include "base/logging.h"

namespace freshet {

namespace {

namespace fs = std::filesystem;

// Quarantined directories pile up only when something is wrong again and again: then a person must look.
constexpr int kQuarantinesMax = 1000;

Error IoError(const std::string& what, const std::string& path) {
  return MakeError(ErrorCode::kIo, fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

bool HasControlBytes(const std::string& text) {
  for (const char byte : text) {
    if (static_cast<unsigned char>(byte) < 0x20) return true;
  }
  return false;
}

std::string FormatText(const StateIdentity& identity) {
  std::string text = fmt::format("format={}\napp={}\noperator={}\npartition={}\ncluster={}\nchangelog={}\n",
                                 kStateFormat, identity.app, identity.operator_name, identity.partition.value,
                                 identity.cluster_id, identity.changelog_topic_id);
  return text + fmt::format("crc32c={:08x}\n", Crc32c(text));
}

template <typename Number>
bool ParseNumber(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Error DamagedFormat(const std::string& path) {
  return MakeError(ErrorCode::kCorrupt, fmt::format("{}/FORMAT is damaged: set the directory aside", path));
}

Result<StateIdentity> ParseFormat(const std::string& path, const std::string& text) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) return DamagedFormat(path);
    fields[line.substr(0, equals)] = line.substr(equals + 1);
  }
  std::uint32_t format = 0;
  if (!ParseNumber(fields["format"], format) || format == 0) return DamagedFormat(path);
  // Before the rest is looked at: a newer format may look different.
  if (format > kStateFormat) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("state directory {} has format {}, this version reads up to {}: run the version "
                    "that wrote it, or a newer one, or choose another state directory",
                    path, format, kStateFormat));
  }
  StateIdentity identity{fields["app"], fields["operator"], {}, fields["cluster"], fields["changelog"]};
  if (!ParseNumber(fields["partition"], identity.partition.value)) return DamagedFormat(path);
  if (FormatText(identity) != text) return DamagedFormat(path);
  return identity;
}

Result<void> SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return IoError("cannot open", path);
  const int status = ::fsync(fd);
  ::close(fd);
  if (status != 0) return IoError("cannot sync", path);
  return {};
}

// Written beside and renamed, so that a crash leaves the whole file or none.
Result<void> WriteDurably(const std::string& directory, const std::string& name, const std::string& text) {
  const std::string temporary = directory + "/" + name + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return IoError("cannot create", temporary);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return IoError("cannot write", temporary);
  if (::rename(temporary.c_str(), (directory + "/" + name).c_str()) != 0) {
    return IoError("cannot rename", temporary);
  }
  return SyncDirectory(directory);
}

std::string Name(const StateIdentity& identity) {
  return fmt::format("app '{}', operator '{}', partition {}, cluster '{}', changelog '{}'", identity.app,
                     identity.operator_name, identity.partition.value, identity.cluster_id,
                     identity.changelog_topic_id);
}

bool SameOwner(const StateIdentity& stored, const StateIdentity& wanted) {
  StateIdentity comparable = stored;
  if (stored.changelog_topic_id.empty() || wanted.changelog_topic_id.empty()) {
    comparable.changelog_topic_id = wanted.changelog_topic_id;
  }
  return comparable == wanted;
}

}  // namespace

Result<StateDirectory> StateDirectory::Lock(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("cannot create directory {}: {}; set data.dir (--data) to one that may be "
                                 "written",
                                 path, error.message()));
  }
  const std::string lock_path = path + "/LOCK";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return IoError("cannot open", lock_path);
  StateDirectory directory(path, fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return IoError("cannot lock", lock_path);
    char owner[32] = {};
    const ssize_t size = ::read(fd, owner, sizeof(owner) - 1);
    return MakeError(
        ErrorCode::kAlreadyExists,
        fmt::format("state directory {} is in use by process {}: stop it, or give this one another "
                    "state directory",
                    path, std::string_view(owner, size > 0 ? static_cast<std::size_t>(size) : 0)));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return IoError("cannot write", lock_path);
  }
  return directory;
}

bool StateDirectory::IsLocked(const std::string& path) {
  const int fd = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT && errno != ENOTDIR;
  const bool is_free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  ::close(fd);
  return !is_free;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

Result<void> StateDirectory::Claim(const StateIdentity& identity) const {
  for (const std::string* text :
       {&identity.app, &identity.operator_name, &identity.cluster_id, &identity.changelog_topic_id}) {
    if (HasControlBytes(*text)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("identity '{}' holds control characters: choose a plain name", *text));
    }
  }
  auto stored = ReadStateIdentity(path_);
  if (!stored.ok()) {
    if (stored.error().code != ErrorCode::kNotFound) return std::move(stored).error();
    if (fs::exists(DatabasePath())) return DamagedFormat(path_);
    return WriteDurably(path_, "FORMAT", FormatText(identity));
  }
  if (SameOwner(*stored, identity)) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("state directory {} belongs to {}, not to {}: choose another state directory or set "
                  "it aside",
                  path_, Name(*stored), Name(identity)));
}

Result<std::string> QuarantineDirectory(const std::string& path) {
  if (!fs::exists(path)) {
    return MakeError(ErrorCode::kNotFound, fmt::format("no state directory {}", path));
  }
  FRESHET_TRY(const StateDirectory held, StateDirectory::Lock(path));
  for (int n = 1; n <= kQuarantinesMax; ++n) {
    std::string target = fmt::format("{}.quarantine-{}", path, n);
    if (fs::exists(target)) continue;
    if (::rename(path.c_str(), target.c_str()) != 0) return IoError("cannot rename", path);
    LogWarn("state directory quarantined", {{"path", path}, {"to", target}});
    return target;
  }
  return MakeError(ErrorCode::kIo,
                   fmt::format("{} quarantined directories beside {}: find out why, then delete them",
                               kQuarantinesMax, path));
}

Result<StateIdentity> ReadStateIdentity(const std::string& path) {
  std::ifstream file(path + "/FORMAT", std::ios::binary);
  if (!file) return MakeError(ErrorCode::kNotFound, fmt::format("no FORMAT in {}", path));
  std::ostringstream text;
  text << file.rdbuf();
  return ParseFormat(path, text.str());
}

}  // namespace freshet
