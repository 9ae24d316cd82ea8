#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace freshet {

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "level=fatal msg=\"invariant broken\" condition=\"%s\" at=%s:%d\n", condition, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace freshet
