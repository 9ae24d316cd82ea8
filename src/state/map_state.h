#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "state/committed_state.h"
#include "state/overlay.h"

namespace freshet {

/// Committed state in an ordered map: for operators without a disk that run in batches over an overlay
/// (test drivers, replays). Used by one thread; unbounded, the caller owns the bound.
class MapState final : public CommittedState {
 public:
  Result<std::optional<std::string_view>> Read(std::string_view key) override {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::optional<std::string_view>();
    return std::optional<std::string_view>(found->second);
  }
  void Apply(const Overlay& batch) {
    batch.ForEachSorted([this](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        entries_.insert_or_assign(std::string(key), std::string(*value));
      } else if (const auto found = entries_.find(key); found != entries_.end()) {
        entries_.erase(found);
      }
    });
  }
  const std::map<std::string, std::string, std::less<>>& Entries() const { return entries_; }

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace freshet
