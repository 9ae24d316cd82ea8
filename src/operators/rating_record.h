#pragma once

#include <optional>
#include <string_view>

#include "freshet/operator.h"
#include "models/rating_model.h"

namespace freshet {

// Table of the user operator (key grammar: state/keys.h; schemas/state.md):
//
//   'R' text(user_id) item              the rating that counts, with what it taught

inline constexpr char kRatingTable = 'R';

/// A user's last rating of an item by rated_at. One that was removed (null) stays, so that an older one that
/// comes late does not count.
struct RatingRecord {
  Timestamp rated_at;
  bool removed = false;
  RatingLesson lesson;  ///< of a rating that was not removed

  /// Absent: never rated. A damaged record stops the task (State::Fail).
  static std::optional<RatingRecord> Load(State& state, std::string_view user_id, ItemKey item);
  void Save(State& state, std::string_view user_id, ItemKey item) const;
  static void Erase(State& state, std::string_view user_id, ItemKey item);

  void Encode(ByteWriter& to) const;
  bool Decode(ByteReader& from);
};

}  // namespace freshet
