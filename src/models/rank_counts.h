#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace freshet {

/// How often the item that a user took stood at each place of its list. Whole numbers, so that counts of
/// tasks and of times add up in any order; every metric of lists with one target follows from them.
class RankCounts final {
 public:
  /// Places that are told apart; what stands further down is a miss.
  static constexpr std::size_t kPlaces = 20;

  /// `place` from 1; 0: a miss.
  void Add(std::size_t place, std::uint64_t times = 1) { counts_[place <= kPlaces ? place : 0] += times; }
  void Merge(const RankCounts& other);
  std::uint64_t At(std::size_t place) const { return counts_[place]; }
  std::uint64_t Lists() const;

  // Means over the lists, cut at k; 0 where there are no lists. With one target recall is the hit rate and
  // average precision the reciprocal rank.
  double HitRate(std::size_t k) const;
  double Precision(std::size_t k) const;
  double F1(std::size_t k) const;
  double Ndcg(std::size_t k) const;
  double Mrr(std::size_t k) const;

 private:
  template <typename Gain>
  double Mean(std::size_t k, Gain gain) const;
  std::array<std::uint64_t, kPlaces + 1> counts_{};  ///< [0]: misses
};

}  // namespace freshet
