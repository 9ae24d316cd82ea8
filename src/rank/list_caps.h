#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "rank/list_policy.h"

namespace freshet {

/// Counts what the items of a list have in common, against caps.
class ListCaps final {
 public:
  explicit ListCaps(const CapOptions& options) : options_(options) {}
  bool Allow(const ItemModel& item) const;
  void Count(const ItemModel& item);

 private:
  template <typename Name>
  struct Tally {
    Name name;
    std::size_t items = 0;
  };
  std::string_view CategoryOf(const ItemModel& item) const;

  CapOptions options_;
  std::vector<Tally<std::string_view>> categories_;  // views of items' own texts
  std::vector<Tally<Facet>> providers_;
};

}  // namespace freshet
