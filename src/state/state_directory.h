#pragma once

#include <cstdint>
#include <string>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// Whose state a directory holds. Stored in its FORMAT file and compared on every open.
struct StateIdentity {
  std::string app;
  std::string operator_name;
  Partition partition;
  std::string cluster_id;
  std::string changelog_topic_id;  ///< empty: the log cannot tell a recreated topic; then not compared
  bool operator==(const StateIdentity&) const = default;
};

/// Newest layout of a state directory that this version reads and writes.
inline constexpr std::uint32_t kStateFormat = 1;

/// A task's directory on disk, locked by this process for as long as the object lives:
///
///   LOCK    flock'ed; holds the owner's process id, for people
///   FORMAT  format version and identity, one name=value a line, with a checksum
///   db/     RocksDB
class StateDirectory final {
 public:
  /// Creates the directory where there is none. kAlreadyExists: another owner has it open; kIo.
  static Result<StateDirectory> Lock(const std::string& path);
  /// Whether some process has it locked now. Creates nothing; where that cannot be found out, true. To look
  /// it holds the lock for an instant, if it is free.
  static bool IsLocked(const std::string& path);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&& other) noexcept;
  ~StateDirectory();

  /// Writes the identity into an empty directory; compares it otherwise. kUnsupported: a newer format;
  /// kInvalidArgument: somebody else's state; kCorrupt: FORMAT is damaged or missing beside a database.
  Result<void> Claim(const StateIdentity& identity) const;
  const std::string& Path() const { return path_; }
  std::string DatabasePath() const { return path_ + "/db"; }

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

/// Renames a state directory that nobody has open to the first free `<path>.quarantine-<n>` and returns that
/// name. What cannot be used is kept for people, never deleted.
Result<std::string> QuarantineDirectory(const std::string& path);

/// Reads the identity of a directory without opening it. kNotFound, kCorrupt, kUnsupported.
Result<StateIdentity> ReadStateIdentity(const std::string& path);

}  // namespace freshet
