#pragma once

#include <string>
#include <vector>

namespace freshet::simulation {

/// What a run found wrong. The first few say enough.
class Violations final {
 public:
  void Add(std::string what) {
    if (found_.size() < kMax) found_.push_back(std::move(what));
  }
  bool Any() const { return !found_.empty(); }
  const std::vector<std::string>& found() const { return found_; }
  std::string Text() const {
    std::string text;
    for (const std::string& what : found_) text += "\n  " + what;
    return text;
  }

 private:
  static constexpr std::size_t kMax = 5;
  std::vector<std::string> found_;
};

}  // namespace freshet::simulation
