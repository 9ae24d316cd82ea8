#include "operators/item_state.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"
#include "operators/item_facets.h"
#include "state/keys.h"
#include "view/item_model_codec.h"

namespace freshet {
namespace {

constexpr std::uint8_t kBaseVersion = 6;
constexpr std::size_t kTitleBytesMax = 512;  ///< lists repeat titles: a long one would fill them

std::string BaseKey(ItemKey item) { return KeyBuilder(kItemTable).Item(item).Take(); }

std::string PendingKey(ItemKey item, std::uint64_t slot) {
  return KeyBuilder(kPendingTable).Item(item).Number(slot).Take();
}

std::string Shortened(const std::string& text) {
  if (text.size() <= kTitleBytesMax) return text;
  std::size_t end = kTitleBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

Result<ItemState> ItemState::Load(State& state, ItemKey key, const ItemModelOptions& options) {
  ItemState item(key);
  const auto base = state.Get(BaseKey(key));
  if (!base) {
    item.created_ = true;
    item.base_dirty_ = true;
    if (options.learn_factors) {
      item.facts_.factor = InitialFactor(key);
      item.facts_.has_factor = true;
    }
    return item;
  }
  FRESHET_CHECK(item.DecodeBase(*base));
  for (std::uint64_t slot = 0; slot < kPendingMax; ++slot) {
    const auto bytes = state.Get(PendingKey(key, slot));
    if (!bytes) break;
    ByteReader reader(*bytes);
    if (reader.Varint() != item.generation_) break;
    const bool published = reader.Fixed<std::uint8_t>() != 0;
    auto delta = ItemDelta::Decode(reader.Raw(reader.left()));
    if (!delta)
      return MakeError(ErrorCode::kCorrupt, fmt::format("a delta of item {:016x} is damaged", key.value));
    item.Fold(*delta, options);
    if (published) item.MarkPublished();
    ++item.pending_;
  }
  item.published_now_ = false;
  return item;
}

Result<void> ItemState::DecodeBase(std::string_view bytes) {
  const auto damaged = [this] {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("the state of item {:016x} is damaged", facts_.key.value));
  };
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kBaseVersion) return damaged();
  const ItemKey key = facts_.key;
  auto facts = DecodeItemModel(reader.Bytes());
  if (!facts.ok()) return damaged();
  facts_ = std::move(*facts);
  facts_.key = key;
  if (!row_.Decode(reader) || !factors_.Decode(reader) || !ratings_.Decode(reader)) return damaged();
  if (!taste_.Decode(reader)) return damaged();
  generation_ = reader.Varint();
  solved_at_ = reader.Varint();
  taste_solved_at_ = reader.Varint();
  published_at_ = reader.Varint();
  changes_ = reader.Varint();
  terms_.resize(std::min<std::uint64_t>(reader.Varint(), reader.left() / sizeof(std::uint16_t)));
  for (std::uint16_t& term : terms_) term = reader.Fixed<std::uint16_t>();
  if (!reader.ok()) return damaged();
  return {};
}

std::string ItemState::EncodeBase() const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kBaseVersion);
  writer.Bytes(EncodeItemModel(facts_));
  row_.Encode(writer);
  factors_.Encode(writer);
  ratings_.Encode(writer);
  taste_.Encode(writer);
  writer.Varint(generation_);
  writer.Varint(solved_at_);
  writer.Varint(taste_solved_at_);
  writer.Varint(published_at_);
  writer.Varint(changes_);
  writer.Varint(terms_.size());
  for (const std::uint16_t term : terms_) writer.Fixed(term);
  return bytes;
}

void ItemState::Fold(ItemDelta& delta, const ItemModelOptions& options) {
  if (facts_.item_id.empty() && !delta.item_id.empty()) {
    facts_.item_id = delta.item_id;
    must_publish_ = true;
  }
  for (std::size_t h = 0; h < kHalfLives; ++h)
    Merge(facts_.popularity[h], delta.popularity[h], options.half_lives[h]);
  const std::int64_t events = static_cast<std::int64_t>(facts_.events) + delta.events;
  facts_.events = static_cast<std::uint64_t>(std::max<std::int64_t>(0, events));
  if (delta.first_event.ms != 0 && (facts_.first_event.ms == 0 || delta.first_event < facts_.first_event)) {
    facts_.first_event = delta.first_event;
  }
  facts_.last_event = std::max(facts_.last_event, delta.last_event);
  const auto cells = delta.Cells();
  row_.Apply(cells, delta.row_landmark(), delta.cut(), options.row_half_life);
  if (facts_.events == 0) facts_.first_event = facts_.last_event = {};  // all of them were taken back
  if (options.learn_factors && !delta.factors.empty()) {
    factors_.Merge(delta.factors);
    factors_.Settle();
  }
  if (!delta.ratings.empty()) RatingModel(options.ratings).Fold(ratings_, delta.ratings);
  MergeSegments(facts_.segments, delta.segments, options.half_lives.back());
  taste_.Merge(delta.taste);
  taste_.Settle();
  ++changes_;
}

void ItemState::SetCatalogue(const CatalogueItem* entry) {
  base_dirty_ = true;
  must_publish_ = true;
  facts_.in_catalogue = entry != nullptr;
  facts_.available = entry != nullptr && entry->available;
  facts_.content = {};  // what the entry is about is weighed at the batch's end
  if (entry == nullptr) return;
  facts_.item_id = entry->item_id;
  facts_.item_type = Shortened(entry->item_type);
  facts_.title = Shortened(entry->title);
  facts_.category = entry->categories.empty() ? "" : Shortened(entry->categories.front());
  facts_.facets = FacetsOf(*entry);
  facts_.price = entry->price;
  facts_.available_from = entry->available_from.value_or(Timestamp{});
  facts_.available_until = entry->available_until.value_or(Timestamp{});
}

std::optional<Factor> ItemState::SolveIfDue(const Gramian& users, const ItemModelOptions& options) {
  if (!options.learn_factors || factors_.empty()) return std::nullopt;
  const std::uint64_t total = factors_.count();
  if (!DueForSolve(total - solved_at_, total)) return std::nullopt;
  solved_at_ = total;
  base_dirty_ = true;
  const std::optional<Factor> solved =
      factors_.additions() > 0 ? factors_.Solve(users, options.factors) : InitialFactor(facts_.key);
  if (!solved) return std::nullopt;
  const Factor before = facts_.factor;
  facts_.factor = *solved;
  facts_.has_factor = true;
  return before;
}

void ItemState::SolveTasteIfDue(const ItemModelOptions& options) {
  // Changes worth a sixteenth of the ratings: with an eighth predictions err by .0005 more, with each change
  // not less.
  const std::uint64_t since = taste_.changes() - taste_solved_at_;
  const auto ratings = static_cast<std::uint64_t>(std::max<std::int64_t>(taste_.ratings(), 0));
  if (since == 0 || since < ratings / 16) return;
  taste_solved_at_ = taste_.changes();
  base_dirty_ = true;
  facts_.taste = taste_.Solve(facts_.key, options.ratings);
}

bool ItemState::DueForPublication(bool quiet) const {
  if (!publishable()) return false;
  // A hot item is published when it moved by a sixteenth: others cannot tell less apart. Where there is time,
  // by a sixty-fourth.
  const std::uint64_t since = changes_ - published_at_;
  return must_publish_ || since >= std::max<std::uint64_t>(1, changes_ / (quiet ? 64 : 16));
}

void ItemState::MarkPublished() {
  published_at_ = changes_;
  ++facts_.version;
  must_publish_ = false;
  published_now_ = true;
}

ItemModel ItemState::ToModel() const {
  ItemModel model = facts_;
  model.row_landmark = row_.landmark();
  model.row_mass = row_.mass().near / 2;
  model.row_follow_mass = row_.mass().forward;
  const auto cells = row_.cells();
  model.row.assign(cells.begin(),
                   cells.begin() + static_cast<std::ptrdiff_t>(std::min(kRowPublished, cells.size())));
  model.rating_bias = static_cast<float>(ratings_.bias);
  model.rating_variance = static_cast<float>(ratings_.variance);
  model.ratings = ratings_.ratings;
  return model;
}

void ItemState::Save(State& state, const std::string& encoded_delta) {
  const bool lone = published_now_ && encoded_delta.empty();  // nothing pending could say so
  if (base_dirty_ || pending_ >= kPendingMax || lone) {
    ++generation_;
    pending_ = 0;
    base_dirty_ = false;
    state.Put(BaseKey(facts_.key), EncodeBase());
    return;
  }
  if (encoded_delta.empty()) return;
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(generation_);
  writer.Fixed(static_cast<std::uint8_t>(published_now_ ? 1 : 0));
  writer.Raw(encoded_delta);
  state.Put(PendingKey(facts_.key, pending_), bytes);
  ++pending_;
}

void ItemState::EndBatch() {
  created_ = false;
  must_publish_ = false;
  published_now_ = false;
}

std::size_t ItemState::Bytes() const {
  return facts_.item_id.capacity() + facts_.item_type.capacity() + facts_.title.capacity() +
         facts_.category.capacity() + facts_.facets.capacity() * sizeof(Facet) +
         facts_.segments.cells.capacity() * sizeof(SegmentCell) + row_.Bytes() + factors_.Bytes() +
         taste_.Bytes() + terms_.capacity() * sizeof(std::uint16_t);
}

}  // namespace freshet
