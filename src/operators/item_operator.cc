#include "operators/item_operator.h"

#include "base/format.h"
#include "base/hash.h"
#include "models/content_code.h"
#include "operators/internal_topic.h"
#include "state/keys.h"

namespace freshet {
namespace {

enum Input : std::uint32_t { kDeltas = 0, kCatalogue = 1 };

}  // namespace

ItemOperator::ItemOperator(ItemOperatorOptions options)
    : options_(std::move(options)), decoder_(options_.decoder) {}

void ItemOperator::Process(const RoledRecord& input, Context& context) {
  if (input.input == kDeltas) {
    ProcessDeltas(*input.record, context);
  } else {
    ProcessCatalogue(*input.record, context);
  }
}

void ItemOperator::ProcessDeltas(const Record& record, Context& context) {
  auto decoded = DecodeDeltaRecord(record.value.value_or(""));
  if (!decoded.ok()) return context.Reject(record, DamagedInternal(decoded.error()));
  context.AdvanceWatermark(record.timestamp);
  if (!decoded->catalogue_key.empty()) {
    // A catalogue record that another task passed on because it does not own the item.
    Record original = record;
    original.key = decoded->catalogue_key;
    original.value = decoded->catalogue.empty() ? std::nullopt : std::optional(decoded->catalogue);
    return ProcessCatalogue(original, context);
  }
  GlobalState& global = Global(context);
  global.AddUsers(decoded->new_users, decoded->user_factors);
  if (!decoded->mix.empty()) LearnMix(std::move(decoded->mix), context);
  if (!decoded->rating_stack.empty()) LearnRatingStack(decoded->rating_stack, context);
  for (const std::string& bytes : decoded->deltas) {
    std::optional<ItemDelta> delta = ItemDelta::Decode(bytes);
    if (delta) {
      LearnDelta(std::move(*delta), context);
    } else {
      context.Skip(fmt::format("an item delta of {} bytes at offset {} of item-deltas is damaged",
                               bytes.size(), record.offset.value));
    }
  }
  context.Count(Outcome::kAccepted);
}

void ItemOperator::LearnDelta(ItemDelta delta, Context& context) {
  Kept* touched = Touch(delta.item, context);
  if (touched == nullptr) {
    return context.Skip(fmt::format("the stored state of item {:016x} \"{}\" is damaged: its delta is lost",
                                    delta.item.value, delta.item_id));
  }
  if (!delta.ratings.empty()) Global(context).AddRatings(delta.ratings.rating_sum, delta.ratings.ratings);
  if (touched->delta) {
    touched->delta->Merge(std::move(delta), options_.model.half_lives, options_.model.row_half_life);
  } else {
    touched->delta = std::move(delta);
  }
}

void ItemOperator::ProcessCatalogue(const Record& record, Context& context) {
  DecodeResult decoded = decoder_.Decode("catalogue", record);
  if (!decoded) return context.Reject(record, decoded.error());
  const bool gone = std::holds_alternative<Tombstone>(*decoded);
  const std::string item_id =
      gone ? std::get<Tombstone>(*decoded).key : std::get<CatalogueItem>(*decoded).item_id;
  const CatalogueItem* entry = gone ? nullptr : &std::get<CatalogueItem>(*decoded);
  if (PartitionForKey(item_id, options_.item_partitions) != options_.partition) {
    Forward(item_id, record, context);
    return context.Count(Outcome::kAccepted);
  }
  const Kept* known = Touch(KeyOfItem(item_id), context);
  if (known == nullptr) {
    return context.Reject(record, {"policy", "/item_id", "the state of this item cannot be read",
                                   "restore the state from its changelog: freshet state restore", "bare"});
  }
  if (!known->item.facts().item_id.empty() && known->item.facts().item_id != item_id) {
    return context.Reject(record, {"policy", "/item_id",
                                   fmt::format("\"{}\" has the same 64-bit key as \"{}\"", item_id,
                                               known->item.facts().item_id),
                                   "give one of the two items another id", "bare"});
  }
  ApplyCatalogue(item_id, entry, context);
  context.Count(Outcome::kAccepted);
}

void ItemOperator::Forward(const std::string& item_id, const Record& record, Context& context) const {
  DeltaRecord forwarded;
  forwarded.catalogue_key = item_id;
  forwarded.catalogue = record.value.value_or("");
  OutputRecord out;
  out.to = {"item-deltas", PartitionForKey(item_id, options_.item_partitions)};
  out.key = item_id;
  out.value = EncodeDeltaRecord(forwarded);
  out.headers = record.headers;
  out.timestamp = record.timestamp;
  context.Emit(std::move(out));
}

void ItemOperator::ApplyCatalogue(const std::string& item_id, const CatalogueItem* entry, Context& context) {
  Kept* touched = Touch(KeyOfItem(item_id), context);
  touched->item.SetItemId(item_id);
  touched->item.SetCatalogue(entry);
  touched->entry.reset();
  std::vector<TermCounts::Bucket> terms;
  if (entry != nullptr && options_.content) {
    touched->entry = *entry;
    terms = TermCounts::BucketsOf(encoder_->TermsOf(*entry));
  }
  terms_.Replace(touched->item.terms(), terms, context.state());
  touched->item.SetTerms(std::move(terms));
}

void ItemOperator::DescribeContent(Kept& touched, Context& context) {
  // At the batch's end: a catalogue that comes as a whole is counted before any of it is weighed.
  const StoredTermStatistics statistics(terms_, context.state());
  if (const auto vector = encoder_->Encode(*touched.entry, statistics))
    touched.item.SetContent(EncodeContent(*vector));
}

ItemOperator::Kept* ItemOperator::Touch(ItemKey item, Context& context) {
  auto at = items_.find(item);
  if (at == items_.end()) {
    auto loaded = ItemState::Load(context.state(), item, options_.model);
    if (!loaded.ok()) return nullptr;
    at = items_.emplace(item, std::make_unique<Kept>(Kept{std::move(*loaded)})).first;
    const ItemState& state = at->second->item;
    if (state.created() && state.facts().has_factor)
      Global(context).ReplaceItemFactor(nullptr, state.facts().factor);
  }
  Kept* kept = at.value().get();
  if (!kept->touched) touched_.push_back(kept);
  kept->touched = true;
  return kept;
}

GlobalState& ItemOperator::Global(Context& context) {
  if (global_ == nullptr) {
    auto loaded = GlobalState::Load(context.state());
    if (!loaded.ok()) context.state().Fail(loaded.error());
    global_ = std::make_unique<GlobalState>(loaded.ok() ? std::move(*loaded) : GlobalState());
  }
  return *global_;
}

void ItemOperator::LearnMix(std::string bytes, Context& context) {
  if (!mix_) {
    auto loaded = MixState::Load(context, options_.mix.generators, options_.mix.parts);
    if (!loaded.ok()) return context.state().Fail(loaded.error());
    mix_ = std::move(*loaded);
  }
  mix_->Learn(std::move(bytes), context);
}

RatingStackLearner ItemOperator::LoadRatingStack(Context& context) const {
  const auto bytes = context.state().Get(KeyBuilder(kRatingStackTable).View());
  if (!bytes) return {};
  auto learned = RatingStackLearner::Decode(*bytes);
  if (learned) return std::move(*learned);
  context.state().Fail(
      MakeError(ErrorCode::kCorrupt,
                fmt::format("the rating stack (state key 'k', {} bytes) is damaged", bytes->size())));
  return {};
}

void ItemOperator::LearnRatingStack(const std::string& bytes, Context& context) {
  const std::optional<RatingStackDelta> delta = RatingStackDelta::Decode(bytes);
  if (!delta) {
    return context.Skip(fmt::format(
        "a delta of the rating stack of {} bytes is damaged or of another version", bytes.size()));
  }
  if (!rating_stack_) rating_stack_ = LoadRatingStack(context);
  rating_weights_changed_ = rating_stack_->Fold(*delta) || rating_weights_changed_;
}

void ItemOperator::CloseBatch(Context& context) {
  const bool quiet = touched_.size() <= options_.quiet_items;
  if (options_.model.learn_factors && !touched_.empty()) users_gramian_ = Global(context).UsersGramian();
  for (Kept* touched : touched_) CloseItem(*touched, quiet, context);
  terms_.Save(context.state());
  CloseGlobals(context);
  KeepItems();
  ClearBatch();
}

void ItemOperator::KeepItems() {
  for (Kept* kept : touched_) {
    items_bytes_ -= kept->bytes;
    kept->item.EndBatch();
    kept->delta.reset();
    kept->entry.reset();
    kept->touched = false;
    kept->bytes = sizeof(Kept) + kept->item.Bytes();
    items_bytes_ += kept->bytes;
  }
  // All at once: who is hot comes back with the next batch.
  if (items_bytes_ > options_.items_bytes) DropItems();
}

void ItemOperator::DropItems() {
  items_.clear();
  items_bytes_ = 0;
}

void ItemOperator::CloseGlobals(Context& context) {
  const TopicPartition model{"item-model", options_.partition};
  if (mix_) {
    mix_->Save(context.state());
    if (mix_->TakeChanged()) {
      context.Emit({model, std::string(kMixModelKey), EncodeMixModel(mix_->learner().ToModel()), {}, {}});
    }
  }
  if (rating_stack_) {
    std::string bytes;
    rating_stack_->Encode(bytes);
    context.state().Put(KeyBuilder(kRatingStackTable).View(), bytes);
  }
  if (rating_weights_changed_) {
    const auto weights = rating_stack_->weights();
    context.Emit({model, std::string(kRatingWeightsKey), EncodeRatingWeights(weights), {}, {}});
  }
  if (global_ == nullptr) return;
  if (global_->DueForPublication()) {
    context.Emit({model, std::string(kGlobalShareKey), EncodeGlobalShare(global_->TakeShare()), {}, {}});
  }
  global_->Save(context.state());
}

void ItemOperator::CloseItem(Kept& touched, bool quiet, Context& context) {
  std::string encoded;
  if (touched.delta) {
    touched.delta->Encode(encoded);
    touched.item.Fold(*touched.delta, options_.model);
  }
  if (touched.entry) DescribeContent(touched, context);
  if (options_.model.learn_factors) {
    const std::optional<Factor> before = touched.item.SolveIfDue(*users_gramian_, options_.model);
    if (before) Global(context).ReplaceItemFactor(&*before, touched.item.facts().factor);
  }
  touched.item.SolveTasteIfDue(options_.model);
  if (touched.item.DueForPublication(quiet)) {
    touched.item.MarkPublished();
    const ItemModel model = touched.item.ToModel();
    context.Emit({{"item-model", options_.partition}, model.item_id, EncodeItemModel(model), {}, {}});
  }
  touched.item.Save(context.state(), encoded);
}

void ItemOperator::ClearBatch() {
  touched_.clear();
  terms_ = {};
  global_.reset();
  rating_stack_.reset();
  rating_weights_changed_ = false;
  users_gramian_.reset();
}

void ItemOperator::Discard() {
  DropItems();
  ClearBatch();
  mix_.reset();
}

}  // namespace freshet
