#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "freshet/model.h"
#include "models/decay.h"
#include "rank/rank_options.h"

namespace freshet {

/// Segment of users by how many events they had: keys below all that are hashes of a profile's fields.
/// 0: such a user is no beginner.
std::uint64_t BeginningOf(std::uint64_t events);

/// How popular items are with users like one: at the same place of their history, and with the same fields in
/// their profile. Made for one list, from the head of the view's long popularity order. One thread.
class SegmentLifts final {
 public:
  /// Borrows the user's segments until the next call.
  void Use(const UserSignals& signals, const ItemView& view, HalfLife half_life);
  /// True where nothing sets the user apart.
  bool dark() const { return beginning_ == 0 && fields_ == 0; }
  /// Decayed events that users like this one would have had of the item.
  double Score(const ItemModel& item) const;

  /// What speaks loudest for the item: the field of the profile with the highest lift, where one is well
  /// above what is usual; else the beginning.
  struct Loudest {
    const UserSegment* field = nullptr;  ///< null: the user's place in the history, where there is one
    double count = 0;                    ///< decayed events of the segment's users with the item
  };
  Loudest LoudestOf(const ItemModel& item) const;
  bool beginner() const { return beginning_ != 0; }

 private:
  double LiftOf(const ItemModel& item, std::size_t field, double all) const;
  double CountOf(const ItemModel& item, std::uint64_t segment) const;

  DecayReader reader_{Timestamp{}, HalfLife{}};
  std::uint64_t beginning_ = 0;
  std::span<const UserSegment> segments_;
  std::size_t fields_ = 0;
  std::array<double, kProfileSegmentsMax> shares_{};  ///< of all events, those of users with the field
};

}  // namespace freshet
