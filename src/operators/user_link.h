#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/ids.h"
#include "freshet/model.h"
#include "freshet/result.h"
#include "operators/dismissals.h"
#include "operators/rating_record.h"

namespace freshet {

// Values of the topic `user-links` (schemas/state.md): how two ids become one user across tasks. Each message
// is part of the transaction of the batch that it comes from, and is consumed in the transaction of the batch
// that it changes (docs/adr/0007-identify-moves-a-user.md).
//
//   claim     to the task of `from`: everything about it, now and later, belongs to `to`
//   handover  to the task of `to`: a piece of what was known about `from`
//   event     to the task of `to`: an event that still came for `from`

struct UserLink {
  enum class Kind : std::uint8_t { kClaim = 1, kHandover = 2, kEvent = 3 };
  Kind kind = Kind::kClaim;
  std::string from;       ///< the id that is given up
  std::string to;         ///< the user it belongs to
  Partition home;         ///< of the task of `to`; kClaim only
  std::uint8_t hops = 0;  ///< times that it was passed on because `to` itself belongs to another user by now
  std::string event_id;   ///< of the identify event; empty: none given
  std::uint32_t input = 0;  ///< which role's record this comes from, the identify event or the event itself,
  Partition partition;      ///< and where that record is
  Offset offset;
  std::string body;  ///< kHandover: a MovedUser; kEvent: the record's value
};

std::string EncodeUserLink(const UserLink& link);
Result<UserLink> DecodeUserLink(std::string_view bytes);

/// A user's state, or a piece of it, on its way to another user.
struct MovedUser {
  std::vector<HistoryEvent> history;  ///< oldest first; `from` of each is set
  std::vector<ItemKey> older_seen;
  std::vector<Dismissal> dismissals;
  std::vector<std::uint64_t> event_ids;  ///< oldest first
  Timestamp newest_id_at;
  UserRatingState ratings;
  /// A rating that counts, of the event at this place of the history.
  struct Rated {
    std::size_t place = 0;
    RatingRecord record;
  };
  std::vector<Rated> rated;

  std::string Encode() const;
  static Result<MovedUser> Decode(std::string_view bytes);
  /// In pieces that stay far below a log's longest record, to be absorbed in this order.
  std::vector<MovedUser> Split() &&;
};

}  // namespace freshet
