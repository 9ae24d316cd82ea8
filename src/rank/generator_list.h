#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "rank/candidate_pool.h"

namespace freshet {

/// The list that one generator alone would have given: of the shortlist that the last Build scored, what the
/// generator itself proposed, the strongest first; ties: the smaller key. Writes to `best`, at most 64, which
/// is less than a generator proposes where it can, and returns how many. Ranks and reads nothing again: it
/// costs half a microsecond.
std::size_t ListOfGenerator(const CandidatePool& pool, std::size_t generator, std::span<ItemKey> best);

/// Place from 1 of the shortlist's row `row` in that list, however long it is; ties count against it. Absent:
/// the generator did not propose the item.
std::optional<std::size_t> PlaceByGenerator(const CandidatePool& pool, std::size_t generator,
                                            std::size_t row);

}  // namespace freshet
