#include "operators/net_trainer.h"

#include <algorithm>
#include <utility>

#include "models/next_item_net_codec.h"

namespace freshet {

NetTrainer::NetTrainer(const NetTrainingOptions& options)
    : NetTrainer(options, std::make_unique<NextItemNet>(options.net)) {}

NetTrainer::NetTrainer(const NetTrainingOptions& options, std::unique_ptr<NextItemNet> net)
    : options_(options),
      net_(std::move(net)),
      changed_(net_->items()),
      written_events_(net_->history().events()) {}

void NetTrainer::Learn(std::span<const NetLesson> batch) {
  const std::size_t steps = std::min(options_.steps_max, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const NetLesson& lesson = batch[i];
    const bool sampled = (i + 1) * steps / batch.size() > i * steps / batch.size();
    const std::uint64_t before = net_->statistics().steps;
    if (sampled) {
      net_->Learn(lesson.user, lesson.item);
    } else {
      net_->Remember(lesson.user, lesson.item);
    }
    changed_.resize(net_->items(), kUnpublished | kUnwritten);
    if (net_->statistics().steps > before) MarkChanged(net_->touched());
  }
  unpublished_lessons_ += batch.size();
  unwritten_lessons_ += batch.size();
}

void NetTrainer::MarkChanged(std::span<const std::uint32_t> items) {
  for (const std::uint32_t item : items) changed_[item] = kUnpublished | kUnwritten;
}

bool NetTrainer::PublicationDue() const {
  // A sixteenth of all lessons: while there are few, each makes a difference.
  const std::size_t young = static_cast<std::size_t>(net_->history().events() / 16);
  const std::size_t grown = std::max(options_.publish_every, net_->items() / 4);
  return unpublished_lessons_ > 0 && unpublished_lessons_ >= std::min(grown, young);
}

std::vector<std::size_t> NetTrainer::TakeChangedChunks() {
  std::vector<std::size_t> chunks;
  for (std::size_t item = 0; item < changed_.size(); ++item) {
    if ((changed_[item] & kUnpublished) == 0) continue;
    changed_[item] &= static_cast<std::uint8_t>(~kUnpublished);
    const std::size_t chunk = item / kNetChunkItems;
    if (chunks.empty() || chunks.back() != chunk) chunks.push_back(chunk);
  }
  unpublished_lessons_ = 0;
  return chunks;
}

NetChunk NetTrainer::ChunkAt(std::size_t number) const {
  NetChunk chunk;
  const std::size_t first = number * kNetChunkItems;
  chunk.count = std::min(kNetChunkItems, net_->items() - first);
  for (std::size_t i = 0; i < chunk.count; ++i) {
    const auto item = static_cast<std::uint32_t>(first + i);
    chunk.keys[i] = net_->key(item);
    chunk.biases[i] = net_->bias(item).value;
    chunk.vectors[i] = net_->vectors()[item];
  }
  return chunk;
}

bool NetTrainer::CheckpointDue() const {
  return unwritten_lessons_ >=
         std::clamp(net_->items(), options_.checkpoint_every, options_.checkpoint_every_max);
}

NetTrainer::Changes NetTrainer::TakeChanges() {
  Changes changes;
  for (std::size_t item = 0; item < changed_.size(); ++item) {
    if ((changed_[item] & kUnwritten) == 0) continue;
    changed_[item] &= static_cast<std::uint8_t>(~kUnwritten);
    changes.items.push_back(static_cast<std::uint32_t>(item));
  }
  changes.users = net_->TakeChangedUsers();
  const NetHistory& history = net_->history();
  const std::uint64_t slots = history.events_max();
  const std::uint64_t first = std::max(written_events_, history.events() - std::min(history.events(), slots));
  for (std::uint64_t event = first; event < history.events(); ++event) {
    changes.ring_rows.push_back(static_cast<std::size_t>(event % slots / kNetRingRow));
  }
  std::sort(changes.ring_rows.begin(), changes.ring_rows.end());
  changes.ring_rows.erase(std::unique(changes.ring_rows.begin(), changes.ring_rows.end()),
                          changes.ring_rows.end());
  written_events_ = history.events();
  unwritten_lessons_ = 0;
  return changes;
}

}  // namespace freshet
