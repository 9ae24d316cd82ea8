#include "models/int8_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

constexpr std::size_t kDimensions = 8;
using Vector = std::vector<float>;

Vector RandomVector(Random& random) {
  Vector vector(kDimensions);
  for (float& number : vector) number = static_cast<float>(2 * random.Uniform() - 1);
  return vector;
}

/// What the matrix says of each of its rows.
std::map<std::uint64_t, Vector> ContentOf(const Int8Matrix& matrix) {
  std::map<std::uint64_t, Vector> rows;
  for (std::size_t place = 0; place < matrix.chunks() * kScanRows; ++place) {
    const ScanChunk& chunk = matrix.chunk(place / kScanRows);
    const std::size_t row = place % kScanRows;
    if (std::isinf(chunk.bias[row])) continue;
    Vector vector;
    for (std::size_t d = 0; d < kDimensions; ++d) {
      const std::size_t at =
          (row / kScanLanes * kDimensions + d / 4 * 4) * kScanLanes + row % kScanLanes * 4 + d % 4;
      vector.push_back(chunk.scale[row] * static_cast<float>(static_cast<int>(chunk.codes[at]) - 128));
    }
    EXPECT_TRUE(rows.emplace(chunk.item[row].value, vector).second) << "an item stands there twice";
  }
  EXPECT_EQ(rows.size(), matrix.size());
  return rows;
}

void ExpectNear(const std::map<std::uint64_t, Vector>& content,
                const std::map<std::uint64_t, Vector>& model) {
  ASSERT_EQ(content.size(), model.size());
  for (const auto& [item, vector] : model) {
    const auto found = content.find(item);
    ASSERT_NE(found, content.end());
    for (std::size_t d = 0; d < kDimensions; ++d) EXPECT_NEAR(found->second[d], vector[d], 0.5 / 127 + 1e-6);
  }
}

TEST(Int8Matrix, AgreesWithAMapAndLeavesWhatItHandedOut) {
  Random random(3);
  Int8Matrix matrix(kDimensions);
  std::map<std::uint64_t, Vector> model;
  std::vector<std::pair<Int8Matrix, std::map<std::uint64_t, Vector>>> versions;
  for (int step = 0; step < 6000; ++step) {
    const ItemKey item{random.Below(700)};
    if (random.Chance(0.3)) {
      matrix.Erase(item);
      model.erase(item.value);
    } else {
      model[item.value] = RandomVector(random);
      matrix.Put(item, model[item.value]);
    }
    if (step % 500 == 0) versions.emplace_back(matrix.Share(), model);
  }
  ExpectNear(ContentOf(matrix), model);
  for (const auto& [shared, then] : versions) ExpectNear(ContentOf(shared), then);
}

TEST(Int8Matrix, AVersionSharesTheChunksThatDidNotChange) {
  Random random(4);
  Int8Matrix matrix(kDimensions);
  for (std::uint64_t i = 0; i < 4 * kScanRows; ++i) matrix.Put({i}, RandomVector(random));
  const Int8Matrix before = matrix.Share();
  matrix.Put({kScanRows + 1}, RandomVector(random));
  const Int8Matrix after = matrix.Share();
  for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(&before.chunk(c) == &after.chunk(c), c != 1) << c;
}

TEST(Int8Matrix, ThePlaceOfAnErasedRowIsUsedAgain) {
  Random random(5);
  Int8Matrix matrix(kDimensions);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    matrix.Put({i}, RandomVector(random));
    if (i >= 100) matrix.Erase({i - 100});
  }
  EXPECT_EQ(matrix.size(), 100u);
  EXPECT_EQ(matrix.chunks(), 1u);
}

TEST(Int8Matrix, ARowThatIsNotFiniteIsErased) {
  Int8Matrix matrix(kDimensions);
  const Vector good(kDimensions, 1);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    matrix.Put({1}, good);
    Vector vector = good;
    vector[5] = bad;
    matrix.Put({1}, vector);
    EXPECT_EQ(matrix.size(), 0u);
    matrix.Put({1}, good, bad);
    EXPECT_EQ(matrix.size(), 0u);
  }
  matrix.Put({2}, Vector(kDimensions, 0));
  EXPECT_EQ(matrix.size(), 1u) << "a row of zeros is a row";
}

}  // namespace
}  // namespace freshet
