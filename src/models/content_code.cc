#include "models/content_code.h"

#include <cstring>

#include "models/float_lanes.h"
#include "models/int8_quantise.h"

namespace freshet {
namespace {

using ByteLanes = std::int8_t __attribute__((vector_size(8)));

}  // namespace

ContentCode EncodeContent(const ContentVector& vector) {
  ContentCode code;
  code.scale = QuantiseToInt8(vector, code.codes);
  return code;
}

ContentVector DecodeContent(const ContentCode& code) {
  ContentVector vector;
  for (std::size_t d = 0; d < kContentDimensions; ++d) {
    vector[d] = code.scale * static_cast<float>(code.codes[d]);
  }
  return vector;
}

void WriteContent(const ContentCode& code, ByteWriter& to) {
  to.Fixed(code.scale);
  for (const std::int8_t number : code.codes) to.Fixed(number);
}

ContentCode ReadContent(ByteReader& from) {
  ContentCode code;
  code.scale = from.Fixed<float>();
  for (std::int8_t& number : code.codes) number = from.Fixed<std::int8_t>();
  return code;
}

float ContentProduct(std::span<const float, kContentDimensions> query, const ContentCode& code) {
  constexpr std::size_t kLanes = sizeof(ByteLanes);
  FloatLanes sum = FillLanes(0);
  for (std::size_t d = 0; d < kContentDimensions; d += kLanes) {
    ByteLanes codes;
    std::memcpy(&codes, &code.codes[d], sizeof codes);
    sum += LoadLanes(&query[d]) * __builtin_convertvector(codes, FloatLanes);
  }
  return SumLanes(sum) * code.scale;
}

}  // namespace freshet
