#include "operators/net_operator.h"

#include <utility>

#include "operators/internal_topic.h"
#include "view/net_model_codec.h"

namespace freshet {

void NetOperator::Process(const RoledRecord& input, Context& context) {
  const Record& record = *input.record;
  auto decoded = DecodeNetLessons(record.value.value_or(""));
  if (!decoded.ok()) return context.Reject(record, DamagedInternal(decoded.error()));
  context.AdvanceWatermark(record.timestamp);
  lessons_.insert(lessons_.end(), decoded->begin(), decoded->end());
  context.Count(Outcome::kAccepted);
}

bool NetOperator::Load(Context& context) {
  if (trainer_) return true;
  auto loaded = NetStore::Load(context.state(), options_);
  if (loaded.ok()) {
    trainer_.emplace(std::move(*loaded));
    return true;
  }
  context.state().Fail(loaded.error());
  return false;
}

void NetOperator::CloseBatch(Context& context) {
  if (lessons_.empty()) return;
  const std::vector<NetLesson> batch = std::exchange(lessons_, {});
  if (!Load(context)) return;
  trainer_->Learn(batch);
  const bool checkpoint = trainer_->CheckpointDue();
  // What a checkpoint holds counts as published: nothing of the schedule has to be kept beside it.
  if (checkpoint || trainer_->PublicationDue()) Publish(context);
  const Result<void> kept = checkpoint ? NetStore::WriteCheckpoint(context.state(), *trainer_)
                                       : NetStore::AddPending(context.state(), batch);
  if (!kept.ok()) context.state().Fail(kept.error());
}

void NetOperator::Publish(Context& context) {
  const TopicPartition model{"item-model", {0}};
  context.Emit({model, std::string(kNetMixerKey), EncodeNetMixer(trainer_->net().mixer()), {}, {}});
  for (const std::size_t chunk : trainer_->TakeChangedChunks()) {
    context.Emit({model, NetChunkKey(chunk), EncodeNetChunk(trainer_->ChunkAt(chunk)), {}, {}});
  }
}

// The network has learned from a batch that did not count: it is read again.
void NetOperator::Discard() {
  trainer_.reset();
  lessons_.clear();
}

}  // namespace freshet
