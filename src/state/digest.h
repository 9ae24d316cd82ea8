#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

class TaskStore;

/// Hash of a sorted dump of keys and values: equal states, equal digests, on every machine.
class StateDigest final {
 public:
  /// In byte order of the keys.
  void Add(std::string_view key, std::string_view value);
  std::uint64_t Hash() const { return hash_; }
  std::uint64_t Entries() const { return entries_; }
  std::uint64_t Bytes() const { return bytes_; }
  bool operator==(const StateDigest& other) const {
    return hash_ == other.hash_ && entries_ == other.entries_ && bytes_ == other.bytes_;
  }

 private:
  std::uint64_t hash_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::string line_;
};

/// Of all committed keys of a store. Reads the whole store.
Result<StateDigest> DigestOf(const TaskStore& store);

}  // namespace freshet
