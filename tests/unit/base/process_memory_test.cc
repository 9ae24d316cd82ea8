#include "base/process_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace freshet {
namespace {

TEST(ProcessMemory, SeesWhatIsTouched) {
  constexpr std::size_t kBytes = 64 << 20;
  const std::uint64_t before = ResidentBytes();
  ASSERT_GT(before, 0U);
  const std::vector<char> touched(kBytes, 'x');
  EXPECT_GT(ResidentBytes(), before + kBytes / 2);
  EXPECT_EQ(touched.back(), 'x');
  ReturnFreeMemory();
}

}  // namespace
}  // namespace freshet
