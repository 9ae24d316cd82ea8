#include "operators/mix_state.h"

#include <utility>

#include "base/bytes.h"
#include "base/format.h"
#include "state/keys.h"

namespace freshet {
namespace {

std::string PendingKey(std::uint64_t slot) { return KeyBuilder(kMixPendingTable).Number(slot).Take(); }

Error Damaged(std::size_t bytes, std::size_t generators, std::size_t parts) {
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("the mix (state key 'm', {} bytes) is damaged or not of {} "
                               "generators and {} parts",
                               bytes, generators, parts));
}

}  // namespace

Result<MixState> MixState::Load(Context& context, std::size_t generators, std::size_t parts) {
  MixState mix(MixLearner(generators, parts));
  const auto stored = context.state().Get(KeyBuilder(kMixTable).View());
  if (stored) {
    const std::string bytes(*stored);
    ByteReader reader(bytes);
    mix.generation_ = reader.Varint();
    const std::string_view body = reader.Raw(reader.left());
    if (const auto known = MixLearner::PartsOf(body); known && *known != parts) {
      context.Skip(
          fmt::format("the stored mix has {} parts and this version {}: it learns anew", *known, parts));
      mix.base_dirty_ = true;
      return mix;
    }
    auto learner = MixLearner::Decode(body, generators, parts);
    if (!learner) return Damaged(bytes.size(), generators, parts);
    mix.learner_ = std::move(*learner);
  }
  while (const auto bytes = context.state().Get(PendingKey(mix.saved_))) {
    ByteReader reader(*bytes);
    if (reader.Varint() != mix.generation_) break;
    const auto delta = MixDelta::Decode(reader.Raw(reader.left()));
    if (!delta)
      return MakeError(ErrorCode::kCorrupt, "a pending delta of the mix (state key 'n') is damaged");
    mix.learner_.Fold(*delta);
    ++mix.saved_;
  }
  return mix;
}

void MixState::Learn(std::string bytes, Context& context) {
  const auto delta = MixDelta::Decode(bytes);
  if (!delta) return context.Skip(fmt::format("a mix delta of {} bytes is damaged", bytes.size()));
  if (delta->parts() != learner_.weights().parts() || delta->empty()) return;
  if (!learner_.Fold(*delta)) return unsaved_.push_back(std::move(bytes));
  unsaved_.clear();
  base_dirty_ = changed_ = true;
}

void MixState::Save(State& state) {
  if (base_dirty_) {
    ++generation_;
    saved_ = 0;
    std::string bytes;
    ByteWriter(bytes).Varint(generation_);
    learner_.Encode(bytes);
    state.Put(KeyBuilder(kMixTable).View(), bytes);
    base_dirty_ = false;
  }
  for (const std::string& delta : unsaved_) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.Varint(generation_);
    writer.Raw(delta);
    state.Put(PendingKey(saved_++), bytes);
  }
  unsaved_.clear();
}

bool MixState::TakeChanged() { return std::exchange(changed_, false); }

}  // namespace freshet
