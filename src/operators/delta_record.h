#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "freshet/result.h"

namespace freshet {

// Values of the topic `item-deltas`: what one batch of a user task learned for one item partition, in pieces
// of at most kDeltaRecordBytes. All of it are sums, so that the order of records does not matter to the
// model.
//
//   record := version:u8 new_users:varint factors:list mix:bytes rating_stack:bytes catalogue:bytes
//             catalogue_key:bytes deltas:list
//   factor := weight:f32 x:f32[64]

/// A user factor that the owner adds to its estimate of the users' Gramian.
struct WeightedFactor {
  float weight = 0;
  Factor factor{};
};

struct DeltaRecord {
  std::uint64_t new_users = 0;
  std::vector<WeightedFactor> user_factors;
  std::string mix;                  ///< encoded MixDelta; empty: none
  std::string rating_stack;         ///< encoded RatingStackDelta; empty: none
  std::string catalogue;            ///< value of a catalogue record that reached a task that does not own it
  std::string catalogue_key;        ///< its item_id; with an empty `catalogue` the item is gone
  std::vector<std::string> deltas;  ///< encoded ItemDelta
};

inline constexpr std::size_t kDeltaRecordBytes = 256 << 10;

std::string EncodeDeltaRecord(const DeltaRecord& record);
Result<DeltaRecord> DecodeDeltaRecord(std::string_view bytes);

}  // namespace freshet
