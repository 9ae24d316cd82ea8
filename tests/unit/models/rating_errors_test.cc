#include "models/rating_errors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace freshet {
namespace {

TEST(RatingErrors, HandWorkedMeans) {
  RatingErrors errors;
  EXPECT_EQ(errors.Rmse(), 0);
  errors.Add(4, 3);
  errors.Add(1, 3);
  errors.Add(5, 5);
  errors.Add(2.5, 2);
  EXPECT_EQ(errors.ratings(), 4U);
  EXPECT_DOUBLE_EQ(errors.Mae(), 3.5 / 4);
  EXPECT_DOUBLE_EQ(errors.Mse(), 5.25 / 4);
  EXPECT_DOUBLE_EQ(errors.Rmse(), std::sqrt(5.25 / 4));
}

TEST(RatingErrors, AddUpAndReadBack) {
  RatingErrors first;
  RatingErrors second;
  RatingErrors both;
  for (int i = 0; i < 100; ++i) {
    const double predicted = 1 + 0.037 * i;
    (i % 3 == 0 ? first : second).Add(3, predicted);
    both.Add(3, predicted);
  }
  first.Merge(second);
  std::string bytes;
  ByteWriter writer(bytes);
  first.Encode(writer);
  ByteReader reader(bytes);
  RatingErrors read;
  ASSERT_TRUE(read.Decode(reader));
  EXPECT_EQ(read.ratings(), 100U);
  EXPECT_EQ(read.Mse(), both.Mse());
  EXPECT_EQ(read.Mae(), both.Mae());
  ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_FALSE(read.Decode(cut));
}

TEST(RatingErrors, APredictionThatIsNoNumberIsAsWrongAsCanBe) {
  RatingErrors errors;
  errors.Add(3, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(errors.Mae(), 4);
}

}  // namespace
}  // namespace freshet
