#include "models/net_history.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace freshet {
namespace {

/// Draws of a replayed event before the step goes without one.
constexpr int kDraws = 4;

std::span<const std::uint32_t> NewestOf(const std::vector<std::uint32_t>& items) {
  const std::size_t count = std::min(items.size(), kNetUserItems);
  return {items.data() + (items.size() - count), count};
}

/// A number below `bound` from 32 random bits.
std::size_t Scale(std::uint32_t random, std::size_t bound) { return (random * std::uint64_t{bound}) >> 32; }

}  // namespace

NetHistory::NetHistory(std::size_t events_max) : events_max_(events_max) {
  FRESHET_ASSERT(events_max >= kNetRecentEvents);
}

std::span<const std::uint32_t> NetHistory::Items(std::uint64_t user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? std::span<const std::uint32_t>() : NewestOf(found->second.items);
}

std::size_t NetHistory::recent_events() const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(events_, kNetRecentEvents));
}

std::uint32_t NetHistory::DrawRecent(std::uint32_t random) const {
  return EventAt(events_ - 1 - Scale(random, recent_events())).item;
}

void NetHistory::Count(std::uint32_t item, std::int32_t change) {
  if (item >= recent_.size()) recent_.resize(item + 1);
  recent_[item] += static_cast<std::uint32_t>(change);
}

void NetHistory::ForgetOldest() {
  const auto owner = users_.find(EventAt(events_).user);
  FRESHET_ASSERT(owner != users_.end());
  if (--owner.value().events > 0) return;
  changed_users_.push_back(owner->first);
  users_.erase(owner);
}

void NetHistory::Add(std::uint64_t user, std::uint32_t item) {
  if (changed_users_.empty() || changed_users_.back() != user) changed_users_.push_back(user);
  User& known = users_[user];
  std::vector<std::uint32_t>& items = known.items;
  const auto before = std::find(items.begin(), items.end(), item);
  if (before != items.end()) items.erase(before);
  if (items.size() == 2 * kNetUserItems) items.erase(items.begin(), items.begin() + kNetUserItems);
  items.push_back(item);
  ++known.events;
  if (events_ >= kNetRecentEvents) Count(EventAt(events_ - kNetRecentEvents).item, -1);
  Count(item, 1);
  if (ring_.size() < events_max_) {
    ring_.push_back({user, item});
  } else {
    ForgetOldest();
    ring_[events_ % events_max_] = {user, item};
  }
  ++events_;
}

std::optional<NetHistory::Segment> NetHistory::DrawSegment(Random& random) const {
  if (ring_.empty()) return std::nullopt;
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::uint64_t bits = random.Next();
    const Event& event = ring_[Scale(static_cast<std::uint32_t>(bits >> 32), ring_.size())];
    const std::span<const std::uint32_t> items = Items(event.user);
    const auto place = std::find(items.begin(), items.end(), event.item);
    if (place == items.end() || items.size() < 2) continue;
    const std::size_t later = Scale(static_cast<std::uint32_t>(bits), kNetPlaces);
    const std::size_t last =
        std::min(static_cast<std::size_t>(place - items.begin()) + later, items.size() - 1);
    if (last == 0) continue;
    const std::size_t first = last - std::min(last, kNetPlaces);
    return Segment{event.user, items.subspan(first, last + 1 - first)};
  }
  return std::nullopt;
}

std::vector<std::uint64_t> NetHistory::TakeChangedUsers() {
  std::vector<std::uint64_t> users = std::exchange(changed_users_, {});
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

void NetHistory::RestoreUser(std::uint64_t user, std::vector<std::uint32_t> items) {
  users_[user] = {std::move(items), 0};
}

bool NetHistory::RestoreRing(std::vector<Event> ring, std::uint64_t events) {
  ring_ = std::move(ring);
  events_ = events;
  if (ring_.size() != std::min<std::uint64_t>(events_, events_max_)) return false;
  for (const Event& event : ring_) {
    const auto owner = users_.find(event.user);
    if (owner == users_.end()) return false;
    ++owner.value().events;
  }
  recent_.clear();
  for (std::uint64_t number = events_ - recent_events(); number < events_; ++number) {
    Count(EventAt(number).item, 1);
  }
  return true;
}

}  // namespace freshet
