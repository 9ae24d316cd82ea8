#include "view/session_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace freshet {
namespace {

constexpr std::size_t kEntryOverheadBytes = 64;  // control block, heap headers, its place in a bucket
constexpr std::size_t kBlockOverheadBytes = 80;  // pointer, control block, vector, heap headers

std::vector<ItemKey> DistinctItems(const UserSession& session) {
  std::vector<ItemKey> items = session.items;
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

/// The block that holds the session, or would.
std::size_t BlockOf(const ItemSessions& sessions, SessionRef session) {
  const auto at =
      std::lower_bound(sessions.blocks.begin(), sessions.blocks.end(), session,
                       [](const auto& block, const SessionRef& wanted) { return block->back() < wanted; });
  const auto index = static_cast<std::size_t>(at - sessions.blocks.begin());
  return std::min(index, sessions.blocks.size() - 1);
}

}  // namespace

std::size_t BytesOf(const SessionEntry& entry) {
  return sizeof(SessionEntry) + kEntryOverheadBytes + entry.session.items.capacity() * sizeof(ItemKey);
}

std::size_t BytesOf(const ItemSessions& entry) {
  return sizeof(ItemSessions) + kEntryOverheadBytes + entry.blocks.size() * kBlockOverheadBytes +
         entry.size * sizeof(SessionRef);
}

SessionIndex SessionIndex::Share() {
  SessionIndex shared;
  shared.sessions_ = sessions_.Share();
  shared.items_ = items_.Share();
  return shared;
}

void SessionIndex::Put(SessionKey key, UserSession session) {
  session.items.shrink_to_fit();
  auto entry = std::make_shared<SessionEntry>(SessionEntry{key, std::move(session)});
  const std::shared_ptr<const SessionEntry> old = sessions_.FindEntry(key);
  const SessionRef ref{entry->session.start, key};
  const std::vector<ItemKey> now = DistinctItems(entry->session);
  const std::vector<ItemKey> before = old == nullptr ? std::vector<ItemKey>() : DistinctItems(old->session);
  const bool same = old != nullptr && old->session.start == entry->session.start;
  std::vector<ItemKey> gone;
  std::vector<ItemKey> come;
  const std::vector<ItemKey> kept = same ? before : std::vector<ItemKey>();
  std::set_difference(before.begin(), before.end(), now.begin(), same ? now.end() : now.begin(),
                      std::back_inserter(gone));
  std::set_difference(now.begin(), now.end(), kept.begin(), kept.end(), std::back_inserter(come));
  for (const ItemKey item : gone) Unlink(item, {old->session.start, key});
  for (const ItemKey item : come) Link(item, ref);
  sessions_.Put(std::move(entry));
}

void SessionIndex::Erase(SessionKey key) {
  const std::shared_ptr<const SessionEntry> old = sessions_.FindEntry(key);
  if (old == nullptr) return;
  for (const ItemKey item : DistinctItems(old->session)) Unlink(item, {old->session.start, key});
  sessions_.Erase(key);
}

void SessionIndex::Link(ItemKey item, SessionRef session) {
  const ItemSessions* now = items_.Find(item);
  auto next = now == nullptr ? std::make_shared<ItemSessions>() : std::make_shared<ItemSessions>(*now);
  next->item = item;
  ++next->size;
  if (next->blocks.empty()) {
    next->blocks.push_back(std::make_shared<ItemSessions::Block>(1, session));
    return items_.Put(std::move(next));
  }
  const std::size_t at = BlockOf(*next, session);
  auto block = std::make_shared<ItemSessions::Block>(*next->blocks[at]);
  block->insert(std::lower_bound(block->begin(), block->end(), session), session);
  if (block->size() > ItemSessions::kBlockMax) {
    // Sessions come at the end: what is split off there stays full.
    const bool last = at + 1 == next->blocks.size();
    const std::size_t kept = last ? ItemSessions::kBlockMax : block->size() / 2;
    const auto middle = block->begin() + static_cast<std::ptrdiff_t>(kept);
    auto rest = std::make_shared<ItemSessions::Block>(middle, block->end());
    block->erase(middle, block->end());
    next->blocks.insert(next->blocks.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(rest));
  }
  next->blocks[at] = std::move(block);
  items_.Put(std::move(next));
}

void SessionIndex::Unlink(ItemKey item, SessionRef session) {
  const ItemSessions* now = items_.Find(item);
  FRESHET_ASSERT(now != nullptr);
  if (now->size == 1) return items_.Erase(item);
  auto next = std::make_shared<ItemSessions>(*now);
  --next->size;
  const std::size_t at = BlockOf(*next, session);
  auto block = std::make_shared<ItemSessions::Block>(*next->blocks[at]);
  const auto found = std::lower_bound(block->begin(), block->end(), session);
  FRESHET_ASSERT(found != block->end() && *found == session);
  block->erase(found);
  if (block->empty()) {
    next->blocks.erase(next->blocks.begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    next->blocks[at] = std::move(block);
  }
  items_.Put(std::move(next));
}

SessionsOfItem SessionIndex::With(ItemKey item, std::span<SessionRef> newest) const {
  const ItemSessions* sessions = items_.Find(item);
  if (sessions == nullptr) return {};
  SessionsOfItem result{0, sessions->size};
  for (std::size_t b = sessions->blocks.size(); b > 0 && result.found < newest.size(); --b) {
    const ItemSessions::Block& block = *sessions->blocks[b - 1];
    const std::size_t count = std::min(block.size(), newest.size() - result.found);
    std::copy_n(block.rbegin(), count, newest.begin() + static_cast<std::ptrdiff_t>(result.found));
    result.found += count;
  }
  return result;
}

const UserSession* SessionIndex::Find(SessionKey key) const {
  const SessionEntry* entry = sessions_.Find(key);
  return entry == nullptr ? nullptr : &entry->session;
}

}  // namespace freshet
