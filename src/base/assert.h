#pragma once

namespace freshet {

/// Prints the condition and where it stands, then aborts.
[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace freshet

/// Preconditions and invariants. Stays on in release: a broken invariant must not reach the log.
#define FRESHET_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::freshet::AssertionFailed(#condition, __FILE__, __LINE__))
