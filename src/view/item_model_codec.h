#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "freshet/result.h"

namespace freshet {

// Values of the compacted topic `item-model` (schemas/state.md, "item model"):
//   key  item_id                      -> value encoded ItemModel; null: the item is gone
//   key  0x00 'G'                     -> value encoded GlobalShare of the partition that carries it
//   key  0x00 'M'                     -> value encoded MixModel; partition 0 only
//   key  0x00 'R'                     -> value encoded weights of the rating stack; partition 0 only

/// What one item partition adds to the global model.
struct GlobalShare {
  std::vector<float> item_gramian;  ///< of this partition's items; empty: none yet
  double rating_sum = 0;
  std::uint64_t ratings = 0;
};

inline constexpr std::string_view kGlobalShareKey{"\0G", 2};
inline constexpr std::string_view kMixModelKey{"\0M", 2};
inline constexpr std::string_view kRatingWeightsKey{"\0R", 2};

std::string EncodeItemModel(const ItemModel& item);
Result<ItemModel> DecodeItemModel(std::string_view bytes);
std::string EncodeGlobalShare(const GlobalShare& share);
Result<GlobalShare> DecodeGlobalShare(std::string_view bytes);
std::string EncodeMixModel(const MixModel& mix);
Result<MixModel> DecodeMixModel(std::string_view bytes);
std::string EncodeRatingWeights(std::span<const double> weights);
Result<std::vector<double>> DecodeRatingWeights(std::string_view bytes);

}  // namespace freshet
