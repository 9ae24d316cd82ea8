#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/hash_map.h"
#include "freshet/operator.h"

namespace freshet {

/// State of one task in a hash map, without batches: each write counts at once and none can be dropped. For
/// runs that end with the process. One thread; unbounded, the caller owns the bound.
class HashState final : public State {
 public:
  std::optional<std::string_view> Get(std::string_view key) override {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return std::string_view(found->second);
  }
  void Put(std::string_view key, std::string_view value) override {
    if (const auto found = entries_.find(key); found != entries_.end()) {
      found.value().assign(value);
      return;
    }
    // The value may be a view into an entry, which growing moves.
    std::string copy(value);
    entries_.emplace(std::string(key), std::move(copy));
  }
  void Delete(std::string_view key) override {
    if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
  }
  void Fail(Error error) override {
    if (!failure_) failure_ = std::move(error);
  }
  const std::optional<Error>& Failure() const { return failure_; }

 private:
  BytesMap<std::string> entries_;
  std::optional<Error> failure_;
};

}  // namespace freshet
