#include "operators/term_counts.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/format.h"
#include "operators/item_state.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;

std::string KeyOf(std::uint32_t bucket) { return KeyBuilder(kTermTable).Number(bucket).Take(); }

}  // namespace

std::vector<TermCounts::Bucket> TermCounts::BucketsOf(std::span<const TextTerm> terms) {
  std::vector<Bucket> buckets;
  buckets.reserve(terms.size());
  for (const TextTerm& term : terms) buckets.push_back(BucketOf(term.hash));
  std::sort(buckets.begin(), buckets.end());
  buckets.erase(std::unique(buckets.begin(), buckets.end()), buckets.end());
  return buckets;
}

void TermCounts::Replace(std::span<const Bucket> before, std::span<const Bucket> after, State& state) {
  for (const Bucket bucket : before) Change(bucket, -1, state);
  for (const Bucket bucket : after) Change(bucket, 1, state);
  Change(kTexts, static_cast<int>(!after.empty()) - static_cast<int>(!before.empty()), state);
}

void TermCounts::Change(std::uint32_t bucket, int by, State& state) {
  if (by == 0) return;
  Count& count = CountAt(bucket, state);
  if (by < 0 && count.value == 0) return;
  count.value += static_cast<std::uint64_t>(static_cast<std::int64_t>(by));
  count.changed = true;
}

TermCounts::Count& TermCounts::CountAt(std::uint32_t bucket, State& state) {
  const auto [at, added] = counts_.try_emplace(bucket);
  if (!added) return at->second;
  const auto bytes = state.Get(KeyOf(bucket));
  if (!bytes) return at->second;
  ByteReader reader(*bytes);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  at->second.value = reader.Varint();
  if (!known || !reader.ok() || reader.left() != 0) {
    state.Fail(MakeError(ErrorCode::kCorrupt,
                         fmt::format("the count of term bucket {} (state table 'd') is damaged", bucket)));
  }
  return at->second;
}

void TermCounts::Save(State& state) const {
  for (const auto& [bucket, count] : counts_) {
    if (!count.changed) continue;
    if (count.value == 0) {
      state.Delete(KeyOf(bucket));
      continue;
    }
    std::string bytes;
    ByteWriter writer(bytes);
    writer.Fixed(kVersion);
    writer.Varint(count.value);
    state.Put(KeyOf(bucket), bytes);
  }
}

}  // namespace freshet
