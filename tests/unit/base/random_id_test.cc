#include "base/random_id.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(RandomId, IsHexadecimalAndAnotherOneEachTime) {
  const std::string id = RandomId();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, RandomId());
}

}  // namespace
}  // namespace freshet
