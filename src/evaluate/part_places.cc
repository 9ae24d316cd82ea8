#include "evaluate/part_places.h"

#include <algorithm>
#include <utility>

#include "evaluate/ranking_metrics.h"
#include "rank/generator_list.h"

namespace freshet {
namespace {

std::uint8_t Byte(std::optional<std::size_t> place) {
  return static_cast<std::uint8_t>(place && *place <= kRankedMax ? *place : 0);
}

bool IsHit(std::size_t place, std::size_t cutoff) { return place > 0 && place <= kHitCutoffs[cutoff]; }

}  // namespace

PartPlaces::PartPlaces(const std::string& mix, std::vector<std::string> generators)
    : names_(std::move(generators)) {
  names_.insert(names_.begin(), mix);
}

void PartPlaces::Add(std::optional<std::size_t> of_mix, const CandidatePool& pool, ItemKey target) {
  places_.push_back(Byte(of_mix));
  const auto shortlist = pool.shortlist();
  const auto taken = std::find_if(shortlist.begin(), shortlist.end(),
                                  [&](std::uint32_t slot) { return pool.key(slot) == target; });
  const auto row = static_cast<std::size_t>(taken - shortlist.begin());
  for (std::size_t g = 0; g + 1 < names_.size(); ++g) {
    places_.push_back(taken == shortlist.end() ? std::uint8_t{0} : Byte(PlaceByGenerator(pool, g, row)));
  }
}

PartHits PartPlaces::Hits() const {
  PartHits hits;
  const std::size_t lists = places_.size() / names_.size();
  for (const std::string& name : names_) hits.parts.push_back({name});
  for (std::size_t list = 0; list < lists; ++list) {
    const std::size_t tenth = list * kTenths / lists;
    ++hits.lists[tenth];
    const std::uint8_t* places = &places_[list * names_.size()];
    for (std::size_t p = 0; p < names_.size(); ++p) {
      for (std::size_t c = 0; c < kHitCutoffs.size(); ++c) {
        if (!IsHit(places[p], c)) continue;
        ++hits.parts[p].hits[c][tenth];
        if (!IsHit(places[0], c)) ++hits.parts[p].lost[c][tenth];
      }
    }
  }
  return hits;
}

}  // namespace freshet
