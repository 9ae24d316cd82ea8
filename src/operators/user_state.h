#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "freshet/model.h"
#include "freshet/operator.h"
#include "freshet/result.h"
#include "models/rating_model.h"
#include "operators/dismissals.h"
#include "operators/standing_lists.h"
#include "operators/user_link.h"
#include "rank/rank_options.h"
#include "rank/user_mix.h"

namespace freshet {

// Tables of the user operator (key grammar: state/keys.h; schemas/state.md):
//
//   'u' text(user_id)                   head: counters, the open history block, open event ids, dismissals
//   'h' text(user_id) number(slot)      sealed history block, a ring of slots
//   's' text(user_id) number(block)     items seen before the ring's oldest event
//   'd' text(user_id) number(slot)      sealed block of event id hashes, a ring of slots
//   'R' text(user_id) item              last rating of an item (operators/rating_record.h)
//   't' text(user_id)                   what the user's taste taught its items (operators/taught_taste.h)
//   'x' text(user_id)                   the user that this id belongs to since it was identified
//   'f' text(user_id)                   what the user's profile asks for
//   'a' number(slot)                    recently active users, a ring of slots
//   'c'                                 the refresh cursor
//   'n'                                 the ring of published sessions (operators/session_ring.h)
//   'e' number(slot)                    scored lists: a pane of the window; without a slot the open one
//                                       (operators/live_window.h)

inline constexpr char kUserTable = 'u';
inline constexpr char kHistoryTable = 'h';
inline constexpr char kSeenTable = 's';
inline constexpr char kEventIdTable = 'd';
inline constexpr char kAliasTable = 'x';
inline constexpr char kProfileTable = 'f';
inline constexpr char kActiveTable = 'a';
inline constexpr char kCursorTable = 'c';
inline constexpr char kSessionTable = 'n';

/// Bounds of one user's state, each with its reason.
struct UserLimits {
  std::size_t history_events = 200;     ///< more adds nothing to the lists; rounded up to whole blocks
  std::size_t older_seen_items = 4096;  ///< items hidden as seen beyond the history
  std::size_t dismissed_items = 512;    ///< the oldest dismissal is forgotten first
  std::int64_t event_id_ms = 7LL * 24 * 3600 * 1000;  ///< an event_id is remembered at least this long
  std::size_t event_ids = 4096;                       ///< and at most this many of a user

  /// Each count is rounded up to whole blocks and must be 1 at least. The error names the one that is not.
  Result<void> Check() const;
};

/// Where the events that a user adds are published, for the sessions that others are compared with.
struct LiveSession {
  std::uint64_t id = 0;      ///< hash of its session_id; 0: it has none
  std::uint64_t events = 0;  ///< newest of the history that its record has
  std::uint64_t slot = 0;    ///< 1 + slot in the partition's ring; 0: not published yet
  /// Its record in the item model, where there is one; `own` is the partition of this task.
  std::optional<SessionKey> Key(Partition own) const {
    if (slot == 0) return std::nullopt;
    return SessionKey::Of(own, static_cast<std::uint32_t>(slot - 1));
  }
};

/// What a user's profile asks for.
struct UserProfile {
  Timestamp updated_at;
  ContentCode wish;
  std::vector<UserSegment> segments;  ///< at most kProfileSegmentsMax
  bool says_something() const { return wish.known() || !segments.empty(); }
};

/// Names the users whose profile has this value in this field.
std::uint64_t SegmentKey(std::string_view name, std::string_view value);

/// What the user operator knows about one user. Loaded for one batch, saved at its end; knows which of its
/// parts are dirty, so that an event of a user with a long history writes one small value.
class UserState final {
 public:
  static constexpr std::size_t kBlockEvents = 16;
  static constexpr std::size_t kBlockIds = 32;
  static constexpr std::size_t kSeenBlockItems = 256;

  /// Reads the user. kCorrupt names the key.
  static Result<UserState> Load(State& state, std::string user_id, const UserLimits& limits);
  void Save(State& state);

  const std::string& user_id() const { return user_id_; }
  /// Kept events, the newest last. Valid until the next Append.
  std::span<const HistoryEvent> history() const { return history_; }
  void Append(State& state, HistoryEvent event);
  /// Position of the newest event with this id; absent: not in the history.
  std::optional<std::size_t> FindEvent(std::string_view event_id) const;
  /// Takes an event back: it keeps its place with weight 0.
  void Mask(std::size_t index);
  /// Notes what else an event has taught (kTaught... bits).
  void MarkTaught(std::size_t index, std::uint8_t taught);

  /// True when the id was not known; remembers it as of `at`.
  bool RememberEventId(State& state, std::string_view event_id, Timestamp at);

  /// All items with an event that was not taken back, among the first `events` of the history and older ones.
  ItemSet SeenItems(State& state, std::size_t events = SIZE_MAX) const;
  /// True when the user ever had an event of the item, as far as the user's state remembers, even where it
  /// was taken back. Reads state for users whose history is longer than what is kept.
  bool HasHad(State& state, ItemKey item) const;
  /// Stands beside other dismissals of the item, but in place of one by the same event and scope.
  void Dismiss(const Dismissal& dismissal);
  /// Ends every dismissal made through this item, whatever its scope.
  void Undismiss(ItemKey item);
  /// Ends the dismissal that this event made, where it still stands.
  void UndismissBy(std::string_view event_id);
  std::span<const Dismissal> dismissals() const { return dismissed_; }

  /// False where nothing changes, as where a later profile is known. One that says nothing takes it away.
  bool SetProfile(const UserProfile& profile);
  /// Null: no profile.
  const ContentCode* wish() const { return profile_ && profile_->wish.known() ? &profile_->wish : nullptr; }
  std::span<const UserSegment> segments() const {
    return profile_ ? std::span<const UserSegment>(profile_->segments) : std::span<const UserSegment>();
  }

  /// Everything about the user but the profile, for another user: what is left is an empty one, and Save
  /// deletes its keys. `own` is the partition of this task.
  MovedUser MoveOut(State& state, Partition own);
  /// Takes over what is no event of the history: older items, dismissals, event ids.
  void MoveIn(State& state, const MovedUser& moved);
  /// Replaces the history by one that has `more` events added in their places.
  void ReplaceHistory(State& state, std::vector<HistoryEvent> events, std::size_t more);

  // Small facts of the head, free to read and write; Touch() marks the head dirty.
  struct Facts {
    std::uint64_t events = 0;  ///< ever appended
    Timestamp last_event;
    UserRatingState ratings;
    UserMix mix;
    std::uint64_t list_digest = 0;       ///< of the last published list's items in order; 0: none
    Timestamp list_at;                   ///< batch event time of the last published list
    std::uint64_t inputs_signature = 0;  ///< of the item model parts the last list was made from
    std::uint64_t active_slot = 0;       ///< 1 + slot in the ring of active users; 0: not in it
    LiveSession session;
    StandingLists standing;  ///< what the event that follows is scored against
  };
  Facts facts;
  void Touch() { head_dirty_ = true; }
  /// True when nothing is kept of the user, not even an event id.
  bool empty() const { return !known() && older_seen_ == 0 && open_ids_.empty() && sealed_id_blocks_ == 0; }
  bool known() const {
    return facts.events > 0 || profile_.has_value() || facts.ratings.ratings > 0 || !dismissed_.empty();
  }

 private:
  UserState(std::string user_id, const UserLimits& limits) : user_id_(std::move(user_id)), limits_(limits) {}
  std::size_t Slots() const { return (limits_.history_events + kBlockEvents - 1) / kBlockEvents; }
  std::size_t IdSlots() const { return (limits_.event_ids + kBlockIds - 1) / kBlockIds; }
  std::size_t SeenSlots() const { return (limits_.older_seen_items + kSeenBlockItems - 1) / kSeenBlockItems; }
  std::uint64_t UsedSeenSlots() const;
  std::uint64_t SealedBlocks() const { return facts.events / kBlockEvents; }
  std::size_t OpenEvents() const { return facts.events % kBlockEvents; }
  std::string PartKey(char table, std::uint64_t number) const;
  Result<void> LoadHead(std::string_view bytes);
  Result<void> LoadBlocks(State& state);
  std::string EncodeHead() const;
  void SealHistoryBlock(State& state);
  void MarkBlock(std::size_t index);
  void KeepOlderSeen(State& state, ItemKey item);
  std::vector<std::uint64_t> EventIds(State& state) const;
  bool RememberHash(State& state, std::uint64_t hash);
  void EraseKeys(State& state);
  void LoadEventIds(State& state, Timestamp at);
  void SealIdBlock(State& state);
  Result<void> LoadProfile(State& state);
  void SaveProfile(State& state);

  std::string user_id_;
  UserLimits limits_;
  std::vector<HistoryEvent> history_;
  std::vector<Dismissal> dismissed_;
  std::uint64_t older_seen_ = 0;  ///< items in the 's' blocks
  std::vector<std::uint64_t> open_ids_;
  std::uint64_t sealed_id_blocks_ = 0;
  Timestamp newest_id_at_;
  bool ids_loaded_ = false;
  tsl::robin_set<std::uint64_t> known_ids_;
  std::vector<std::uint64_t> dirty_blocks_;  ///< sealed block numbers changed by Mask
  bool head_dirty_ = false;
  bool has_profile_ = false;  ///< as the head says
  std::optional<UserProfile> profile_;
  bool profile_dirty_ = false;
};

}  // namespace freshet
