#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// Where a store keeps its commit point: sorts before every table.
inline constexpr std::string_view kCommitPointKey{"\0C", 2};

/// Which committed batch a store holds: written in the same write as the batch's data (invariant I1).
struct CommitPoint {
  Offset changelog_next;  ///< the changelog is applied up to here; the tail to read begins here
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::string progress;  ///< ProgressRecord::Encode of the batch

  bool operator==(const CommitPoint&) const = default;
  std::string Encode() const;
  static Result<CommitPoint> Decode(std::string_view bytes);  ///< kCorrupt, kUnsupported
};

/// True when a batch at `next` may follow the one at `last`: the epoch does not fall, the sequence rises, by
/// exactly one within an epoch, and the changelog position does not go back (invariant I3).
bool Follows(const CommitPoint& next, const CommitPoint& last);

}  // namespace freshet
