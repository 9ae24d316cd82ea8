#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "freshet/ids.h"
#include "models/rank_counts.h"

namespace freshet {

/// Models whose lists are compared live, each list of a user made at one moment from the same knowledge.
enum class LiveModel : std::uint8_t {
  kHybrid,      ///< the published list
  kPopularity,  ///< the baseline
  kChallenger,  ///< one generator of the configuration, where there is one
};
inline constexpr std::size_t kLiveModels = 3;

/// Where the item that a user took stood in each model's list.
struct LivePlaces {
  static constexpr std::uint8_t kMiss = 0;
  static constexpr std::uint8_t kNoList = 255;  ///< the model has made none
  std::array<std::uint8_t, kLiveModels> by_model{kMiss, kMiss, kNoList};
  bool AnyHit() const;
};

/// The lists that a user has and has not answered yet, by 24 bits of each item's key: an item that is not
/// listed counts as listed once in 800,000 lists. 60 bytes a model in the user's head.
class StandingLists final {
 public:
  static constexpr std::size_t kItems = RankCounts::kPlaces;

  bool empty() const { return sizes_[0] == 0; }
  void Clear() { *this = StandingLists(); }
  /// Takes over a model's list, the first kItems of it.
  void Set(LiveModel model, std::span<const ItemKey> items);
  /// `challenger`: names the model that makes the challenger's lists (LiveScores); another's are not
  /// compared.
  void SetChallenger(std::uint32_t challenger, std::span<const ItemKey> items);
  LivePlaces PlacesOf(ItemKey taken, std::uint32_t challenger) const;

  void Encode(ByteWriter& writer) const;
  /// False when the bytes are no lists.
  bool Decode(ByteReader& reader);

 private:
  std::uint32_t challenger_ = 0;  ///< 0: there is none
  std::array<std::uint8_t, kLiveModels> sizes_{};
  std::array<std::array<std::uint32_t, kItems>, kLiveModels> items_;
};

}  // namespace freshet
