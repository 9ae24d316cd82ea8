#include "rank/generator_list.h"

#include <algorithm>
#include <array>

namespace freshet {
namespace {

struct Entry {
  float score;
  ItemKey key;
};

bool Better(const Entry& a, const Entry& b) { return a.score != b.score ? a.score > b.score : a.key < b.key; }

}  // namespace

std::size_t ListOfGenerator(const CandidatePool& pool, std::size_t generator, std::span<ItemKey> best) {
  constexpr std::size_t kLongest = 64;  // insertion into a longer list would cost more than a sort
  std::array<Entry, kLongest + 1> list;
  const std::size_t wanted = std::min(best.size(), kLongest);
  const std::span<const float> scores = pool.scores(generator);
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  std::size_t size = 0;
  float bar = 0;
  const std::uint32_t proposed = 1U << generator;
  for (std::size_t row = 0; row < shortlist.size(); ++row) {
    if (scores[row] < bar || (pool.proposed_by(shortlist[row]) & proposed) == 0 || !(scores[row] > 0))
      continue;
    const Entry entry{scores[row], pool.key(shortlist[row])};
    std::size_t at = size;
    for (; at > 0 && Better(entry, list[at - 1]); --at) list[at] = list[at - 1];
    list[at] = entry;
    size = std::min(size + 1, wanted);
    if (size == wanted && size > 0) bar = list[size - 1].score;
  }
  for (std::size_t i = 0; i < size; ++i) best[i] = list[i].key;
  return size;
}

std::optional<std::size_t> PlaceByGenerator(const CandidatePool& pool, std::size_t generator,
                                            std::size_t row) {
  const std::span<const float> scores = pool.scores(generator);
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  const auto lists = [&](std::size_t i) {
    return (pool.proposed_by(shortlist[i]) >> generator & 1) != 0 && scores[i] > 0;
  };
  if (!lists(row)) return std::nullopt;
  std::size_t place = 1;
  for (std::size_t i = 0; i < shortlist.size(); ++i) {
    if (i != row && scores[i] >= scores[row] && lists(i)) ++place;
  }
  return place;
}

}  // namespace freshet
