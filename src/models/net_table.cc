#include "models/net_table.h"

#include <algorithm>
#include <utility>

namespace freshet {

std::optional<std::uint32_t> NetTable::Find(ItemKey item) const {
  const auto found = index_->find(item);
  return found == index_->end() ? std::nullopt : std::optional(found->second);
}

// Items keep their numbers as long as one network lives, so that chunks mostly come with the keys they had.
void NetTableBuilder::SetChunk(std::size_t number, std::shared_ptr<const NetChunk> chunk) {
  changed_ = true;
  if (number >= chunks_.size()) chunks_.resize(number + 1);
  const auto before = std::exchange(chunks_[number], std::move(chunk));
  const NetChunk& now = *chunks_[number];
  const std::size_t known = before == nullptr ? 0 : before->count;
  if (known > now.count ||
      (known > 0 && !std::equal(now.keys.begin(), now.keys.begin() + static_cast<std::ptrdiff_t>(known),
                                before->keys.begin()))) {
    return IndexAll();
  }
  if (known == now.count) return;
  if (std::exchange(index_shared_, false)) index_ = std::make_shared<ItemMap<std::uint32_t>>(*index_);
  for (std::size_t i = known; i < now.count; ++i) {
    (*index_)[now.keys[i]] = static_cast<std::uint32_t>(number * kNetChunkItems + i);
  }
}

void NetTableBuilder::IndexAll() {
  index_ = std::make_shared<ItemMap<std::uint32_t>>();
  index_shared_ = false;
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    if (chunks_[c] == nullptr) continue;
    for (std::size_t i = 0; i < chunks_[c]->count; ++i) {
      (*index_)[chunks_[c]->keys[i]] = static_cast<std::uint32_t>(c * kNetChunkItems + i);
    }
  }
}

void NetTableBuilder::SetMixer(const MixerWeights& weights) {
  changed_ = true;
  kernels_ = std::make_shared<const PlaceKernels>(KernelsOf(weights));
}

std::shared_ptr<const NetTable> NetTableBuilder::Share() {
  if (!std::exchange(changed_, false)) return last_;
  if (kernels_ == nullptr || index_->empty()) return last_ = nullptr;
  auto table = std::make_shared<NetTable>();
  table->chunks_ = chunks_;
  table->index_ = index_;
  table->kernels_ = kernels_;
  index_shared_ = true;
  return last_ = std::move(table);
}

}  // namespace freshet
