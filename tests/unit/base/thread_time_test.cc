#include "base/thread_time.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(ThreadTime, GoesOnWhileTheThreadWorks) {
  const auto before = ThreadTime();
  std::uint64_t work = 1;
  while (ThreadTime() - before < std::chrono::milliseconds(2)) ++work;
  EXPECT_GT(work, 1u);
  EXPECT_GT(before.count(), 0);
}

}  // namespace
}  // namespace freshet
