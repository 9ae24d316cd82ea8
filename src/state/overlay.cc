#include "state/overlay.h"

#include <algorithm>

#include "base/assert.h"
#include "state/keys.h"

namespace freshet {

namespace {

constexpr std::size_t kEntryOverhead = 96;  // two strings, bucket, heap headers

}  // namespace

std::optional<std::string_view> Overlay::Get(std::string_view key) {
  const auto found = writes_.find(key);
  if (found != writes_.end()) {
    if (found->second.deleted) return std::nullopt;
    return found->second.value;
  }
  auto read = below_.Read(key);
  if (read.ok()) return *read;
  Fail(std::move(read).error());
  return std::nullopt;
}

Overlay::Write& Overlay::Touch(std::string_view key) {
  FRESHET_ASSERT(!IsReservedKey(key));
  FRESHET_ASSERT(key.size() <= kKeyBytesMax);
  sorted_.clear();
  const auto found = writes_.find(key);
  if (found != writes_.end()) {
    bytes_ -= found->second.value.size();
    return found.value();
  }
  bytes_ += key.size() + kEntryOverhead;
  return writes_.try_emplace(std::string(key)).first.value();
}

void Overlay::Put(std::string_view key, std::string_view value) {
  // The value may be a view that Get returned: into an entry here, or below. Growing the map would move the
  // first kind, so it is copied before a new entry is made; an existing entry assigns in place.
  const auto found = writes_.find(key);
  if (found == writes_.end()) {
    std::string copy(value);
    bytes_ += value.size();
    Touch(key).value = std::move(copy);
    return;
  }
  sorted_.clear();
  Write& write = found.value();
  bytes_ -= write.value.size();
  bytes_ += value.size();
  write.value.assign(value);
  write.deleted = false;
}

void Overlay::Delete(std::string_view key) {
  Write& write = Touch(key);
  write.value.clear();
  write.deleted = true;
}

void Overlay::Fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

void Overlay::ForEachSorted(const Visitor& visit) const {
  if (sorted_.empty()) {
    sorted_.reserve(writes_.size());
    for (const auto& [key, write] : writes_) sorted_.emplace_back(key, &write);
    std::sort(sorted_.begin(), sorted_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  for (const auto& [key, write] : sorted_) {
    visit(key, write->deleted ? std::nullopt : std::optional<std::string_view>(write->value));
  }
}

void Overlay::Clear() {
  writes_.clear();
  sorted_.clear();
  bytes_ = 0;
  failure_.reset();
}

}  // namespace freshet
