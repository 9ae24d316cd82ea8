#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "freshet/operator.h"
#include "state/committed_state.h"

namespace freshet {

/// The writes of one batch over the committed state. Owned by a task, used by its one thread; nothing of it
/// is visible to anybody else until the store applies it. Clear drops the batch and keeps the memory.
///
/// State has no way to report a failed read, so a failure is kept: Get then answers nullopt, and the batch
/// must be discarded when Failure() is set (TaskStore::Apply asserts that it is not).
class Overlay final : public State {
 public:
  /// Called with each dirty key in byte order; absent value: deleted.
  using Visitor = std::function<void(std::string_view key, std::optional<std::string_view> value)>;

  explicit Overlay(CommittedState& below) : below_(below) {}

  std::optional<std::string_view> Get(std::string_view key) override;
  /// Keys are not reserved (IsReservedKey) and not longer than kKeyBytesMax.
  void Put(std::string_view key, std::string_view value) override;
  void Delete(std::string_view key) override;

  void ForEachSorted(const Visitor& visit) const;
  std::size_t Count() const { return writes_.size(); }
  bool Empty() const { return writes_.empty(); }
  /// Keys and values of the dirty entries, with their overhead.
  std::size_t Bytes() const { return bytes_; }
  void Clear();
  void Fail(Error error) override;
  const std::optional<Error>& Failure() const { return failure_; }

 private:
  struct Write {
    std::string value;
    bool deleted = false;
  };
  Write& Touch(std::string_view key);

  CommittedState& below_;
  BytesMap<Write> writes_;
  // The sorted keys are asked for twice a batch (changelog, store): kept until the next write.
  mutable std::vector<std::pair<std::string_view, const Write*>> sorted_;
  std::size_t bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace freshet
