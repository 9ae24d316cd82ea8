#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "freshet/model.h"
#include "view/persistent_table.h"

namespace freshet {

struct SessionEntry {
  SessionKey key;
  UserSession session;
};
inline SessionKey KeyOf(const SessionEntry& entry) { return entry.key; }
std::size_t BytesOf(const SessionEntry& entry);

/// The sessions that have one item, the oldest first, in blocks: a change copies one block.
struct ItemSessions {
  static constexpr std::size_t kBlockMax = 128;
  using Block = std::vector<SessionRef>;
  ItemKey item;
  std::size_t size = 0;
  std::vector<std::shared_ptr<const Block>> blocks;  ///< none is empty
};
inline ItemKey KeyOf(const ItemSessions& entry) { return entry.item; }
std::size_t BytesOf(const ItemSessions& entry);

/// Sessions by key, and by the items that they have. What it answers is a function of the sessions it holds,
/// whatever the order of the calls that led there. Persistent as its tables are; one thread changes it.
class SessionIndex final {
 public:
  SessionIndex() = default;
  SessionIndex(SessionIndex&&) noexcept = default;
  SessionIndex& operator=(SessionIndex&&) noexcept = default;
  /// For reading only, by any thread.
  SessionIndex Share();

  /// In the place of a session with this key, if there is one.
  void Put(SessionKey key, UserSession session);
  void Erase(SessionKey key);

  SessionsOfItem With(ItemKey item, std::span<SessionRef> newest) const;
  const UserSession* Find(SessionKey key) const;
  std::size_t size() const { return sessions_.size(); }
  std::size_t Bytes() const { return sessions_.Bytes() + items_.Bytes(); }
  /// Visits all sessions (key, session), in an order that depends on the keys only.
  template <typename Visit>
  void ForEach(Visit visit) const {
    sessions_.ForEach([&](const auto& entry) { visit(entry->key, entry->session); });
  }

 private:
  void Link(ItemKey item, SessionRef session);
  void Unlink(ItemKey item, SessionRef session);

  PersistentTable<SessionKey, SessionEntry> sessions_;
  PersistentTable<ItemKey, ItemSessions> items_;
};

}  // namespace freshet
