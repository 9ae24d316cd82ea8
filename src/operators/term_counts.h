#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "freshet/operator.h"
#include "models/text_encoder.h"

namespace freshet {

/// In how many entries of a partition's catalogue each term stands: table 'd', one number a bucket of terms.
/// An item's partition is a fair sample of the catalogue, so that rareness is told from its own. Loaded and
/// saved within one batch.
class TermCounts final {
 public:
  using Bucket = std::uint16_t;

  /// The buckets of these terms, ascending, each once.
  static std::vector<Bucket> BucketsOf(std::span<const TextTerm> terms);
  /// An entry's terms change from one to the other; empty: there is no entry.
  void Replace(std::span<const Bucket> before, std::span<const Bucket> after, State& state);
  void Save(State& state) const;

  std::uint64_t Texts(State& state) { return CountAt(kTexts, state).value; }
  std::uint64_t TextsWith(std::uint64_t hash, State& state) { return CountAt(BucketOf(hash), state).value; }

 private:
  static constexpr std::uint32_t kTexts = 1 << 16;
  struct Count {
    std::uint64_t value = 0;
    bool changed = false;
  };
  static Bucket BucketOf(std::uint64_t hash) { return static_cast<Bucket>(hash); }
  Count& CountAt(std::uint32_t bucket, State& state);
  void Change(std::uint32_t bucket, int by, State& state);

  std::map<std::uint32_t, Count> counts_;  // of the buckets that this batch came across
};

/// The counts as an encoder reads them. Borrows both.
class StoredTermStatistics final : public TermStatistics {
 public:
  StoredTermStatistics(TermCounts& counts, State& state) : counts_(counts), state_(state) {}
  std::uint64_t Texts() const override { return counts_.Texts(state_); }
  std::uint64_t TextsWith(std::uint64_t hash) const override { return counts_.TextsWith(hash, state_); }

 private:
  TermCounts& counts_;
  State& state_;
};

}  // namespace freshet
