#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_map.h"
#include "freshet/result.h"
#include "state/commit_point.h"

namespace freshet {

class TaskStore;

/// Fills an empty store from a changelog: keeps the last value of each key in memory, at most `bytes_max`,
/// and writes it sorted: the first portion past the write-ahead log, later ones as ordinary writes. The
/// commit point comes last; a load that does not reach Finish is dropped when the store is opened again.
class RestoreLoad final {
 public:
  /// The store has no commit point; it is borrowed and not used otherwise until Finish returned.
  RestoreLoad(TaskStore& store, std::size_t bytes_max);
  /// In the order of the changelog. Absent value: a tombstone.
  Result<void> Add(std::string_view key, std::optional<std::string_view> value);
  Result<void> Finish(const CommitPoint& point);
  std::size_t Bytes() const { return bytes_; }

 private:
  using Sorted = std::vector<std::pair<std::string, std::optional<std::string>>>;
  Sorted TakeSorted();
  Result<void> Spill();
  Result<void> WriteOrdinarily(const Sorted& entries);

  TaskStore& store_;
  std::size_t bytes_max_;
  BytesMap<std::optional<std::string>> last_values_;
  std::size_t bytes_ = 0;
  bool empty_ = true;  // nothing was written yet: the next portion may be ingested
};

}  // namespace freshet
