#include "app/progress.h"

#include <cstdio>

#include "app/command_line.h"

namespace freshet {

Progress::Progress(std::string what)
    : what_(std::move(what)),
      start_(std::chrono::steady_clock::now()),
      next_(start_ + std::chrono::seconds(1)),
      watched_(WatchedByPeople()) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(std::uint64_t done) {
  if (!watched_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%llu %s, %.0f/s", static_cast<unsigned long long>(done), what_.c_str(),
               static_cast<double>(done) / Seconds());
}

double Progress::Seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

}  // namespace freshet
