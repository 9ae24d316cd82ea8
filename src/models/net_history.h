#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/hash_map.h"
#include "base/random.h"
#include "models/ema_mixer.h"

namespace freshet {

/// Items of one user that the network remembers: for the places, for replay, and as those that are not
/// offered to the user and so cannot be negatives.
inline constexpr std::size_t kNetUserItems = 1024;
/// Newest events whose items half of the negatives are drawn from.
inline constexpr std::size_t kNetRecentEvents = 20'000;

/// What the network remembers of the stream: a ring of the last events, and the last distinct items of each
/// user that has an event in it. Who has none is forgotten, so the ring bounds everything. Items are numbers
/// from 0. One thread.
class NetHistory final {
 public:
  struct Event {
    std::uint64_t user = 0;
    std::uint32_t item = 0;
    bool operator==(const Event&) const = default;
  };
  struct User {
    std::vector<std::uint32_t> items;  ///< at most 2 kNetUserItems, the oldest first
    std::uint32_t events = 0;          ///< entries of the ring
  };
  /// `events_max` is at least kNetRecentEvents.
  explicit NetHistory(std::size_t events_max);

  /// Last distinct items of the user, the oldest first, at most kNetUserItems. Valid until the next Add.
  std::span<const std::uint32_t> Items(std::uint64_t user) const;
  /// The item becomes the user's newest; where it was before, it leaves.
  void Add(std::uint64_t user, std::uint32_t item);

  /// Events of an item among the last kNetRecentEvents.
  std::uint32_t recent(std::uint32_t item) const { return item < recent_.size() ? recent_[item] : 0; }
  std::size_t recent_events() const;
  /// The item of a random one of those; there must be one.
  std::uint32_t DrawRecent(std::uint32_t random) const;

  /// A part of a user's items around a random past event: at most kNetPlaces inputs, and one item more.
  struct Segment {
    std::uint64_t user = 0;
    std::span<const std::uint32_t> items;
  };
  /// Nothing when the drawn events were forgotten by their users, or stand alone.
  std::optional<Segment> DrawSegment(Random& random) const;

  /// Users that an event reached or that were forgotten since the last call, by number, once each.
  std::vector<std::uint64_t> TakeChangedUsers();

  std::uint64_t events() const { return events_; }
  std::size_t events_max() const { return events_max_; }
  /// Slots of the ring, filled in order; event number n stands at n modulo events_max().
  std::span<const Event> ring() const { return ring_; }
  const NumberMap<User>& users() const { return users_; }

  /// Puts back what ring() and Items() said. Users first, then the whole ring.
  void RestoreUser(std::uint64_t user, std::vector<std::uint32_t> items);
  /// False when an event has no user: then nothing is usable.
  bool RestoreRing(std::vector<Event> ring, std::uint64_t events);

 private:
  const Event& EventAt(std::uint64_t number) const { return ring_[number % events_max_]; }
  void Count(std::uint32_t item, std::int32_t change);
  void ForgetOldest();

  std::size_t events_max_;
  std::uint64_t events_ = 0;
  std::vector<Event> ring_;
  NumberMap<User> users_;
  std::vector<std::uint32_t> recent_;
  std::vector<std::uint64_t> changed_users_;
};

}  // namespace freshet
