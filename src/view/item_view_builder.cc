#include "view/item_view_builder.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "models/content_code.h"
#include "view/net_model_codec.h"
#include "view/session_codec.h"

namespace freshet {
namespace {

bool MorePopular(const PopularItem& a, const PopularItem& b) {
  return a.log_score != b.log_score ? a.log_score > b.log_score : a.item < b.item;
}

}  // namespace

ItemViewBuilder::ItemViewBuilder(const ItemViewOptions& options, std::int32_t partitions)
    : options_(options),
      next_(static_cast<std::size_t>(partitions)),
      shares_(static_cast<std::size_t>(partitions)),
      global_(std::make_shared<GlobalModel>()),
      fold_in_(std::make_unique<FoldIn>(Gramian(), options.factors)) {
  for (auto& order : orders_) order = std::make_shared<Order>();
}

Result<void> ItemViewBuilder::Apply(Partition partition, const Record& record) {
  AdvanceTo(partition, {record.offset.value + 1});
  const std::string_view key = record.key ? std::string_view(*record.key) : std::string_view();
  if (record.key == kGlobalShareKey) return ApplyShare(partition, record);
  if (record.key == kMixModelKey) return ApplyMix(record);
  if (record.key == kNetMixerKey) return ApplyNetMixer(record);
  if (const auto chunk = NetChunkNumber(key)) return ApplyNetChunk(*chunk, record);
  if (IsSessionKey(key)) return ApplySession(record);
  if (record.key == kRatingWeightsKey) return ApplyRatingWeights(record);
  return ApplyItem(record);
}

Result<void> ItemViewBuilder::ApplySession(const Record& record) {
  const auto key = DecodeSessionKey(*record.key);
  if (!key) return MakeError(ErrorCode::kCorrupt, "the key of a session is damaged");
  if (!record.value) {
    sessions_.Erase(*key);
    return {};
  }
  FRESHET_TRY(UserSession session, DecodeSession(*record.value));
  sessions_.Put(*key, std::move(session));
  return {};
}

void ItemViewBuilder::AdvanceTo(Partition partition, Offset next) {
  Offset& at = next_[static_cast<std::size_t>(partition.value)];
  at = std::max(at, next);
}

Result<void> ItemViewBuilder::ApplyItem(const Record& record) {
  const ItemKey key = KeyOfItem(record.key.value_or(""));
  if (!record.value) {
    CountStub(key, false);
    items_.Erase(key);
    factors_.Erase(key);
    contents_.Erase(key);
    Unrank(key);
    return {};
  }
  auto decoded = DecodeItemModel(*record.value);
  if (!decoded.ok()) return decoded.error();
  const auto model = std::make_shared<const ItemModel>(std::move(*decoded));
  CountStub(key, !model->in_catalogue);
  items_.Put(EntryOf(model));
  PutVectors(*model);
  latest_event_ = std::max(latest_event_, model->last_event);
  Rank(*model);
  return {};
}

void ItemViewBuilder::CountStub(ItemKey item, bool now) {
  const ItemEntry* before = items_.Find(item);
  if (before != nullptr && !before->model->in_catalogue) --stubs_;
  if (now) ++stubs_;
}

void ItemViewBuilder::PutVectors(const ItemModel& item) {
  if (item.has_factor) {
    factors_.Put(item.key, item.factor);
  } else {
    factors_.Erase(item.key);
  }
  if (item.content.known()) {
    contents_.Put(item.key, DecodeContent(item.content));
  } else {
    contents_.Erase(item.key);
  }
}

ItemViewBuilder::Order& ItemViewBuilder::MutableOrder(std::size_t half_life) {
  if (order_shared_[half_life]) {
    orders_[half_life] = std::make_shared<Order>(*orders_[half_life]);
    order_shared_[half_life] = false;
  }
  return *orders_[half_life];
}

void ItemViewBuilder::Rank(const ItemModel& item) {
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    const PopularItem ranked{item.key, LogScore(item.popularity[h], options_.half_lives[h])};
    const Order& now = *orders_[h];
    const auto listed =
        std::find_if(now.begin(), now.end(), [&](const PopularItem& p) { return p.item == item.key; });
    const bool full = now.size() == kPopularMax;
    if (listed == now.end() && full && MorePopular(now.back(), ranked)) continue;
    if (full && listed != now.end() && (item.events == 0 || MorePopular(*listed, ranked))) {
      // An item that fell may let one in that had been cut: only the whole table knows which.
      RankAll(h);
      continue;
    }
    Order& order = MutableOrder(h);
    std::erase_if(order, [&](const PopularItem& p) { return p.item == item.key; });
    if (item.events == 0) continue;
    order.insert(std::lower_bound(order.begin(), order.end(), ranked, MorePopular), ranked);
    if (order.size() > kPopularMax) order.pop_back();
  }
}

void ItemViewBuilder::Unrank(ItemKey item) {
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    const bool full = orders_[h]->size() == kPopularMax;
    std::erase_if(MutableOrder(h), [&](const PopularItem& ranked) { return ranked.item == item; });
    if (full) RankAll(h);
  }
}

void ItemViewBuilder::RankAll(std::size_t half_life) {
  Order& order = MutableOrder(half_life);
  order.clear();
  items_.ForEach([&](const std::shared_ptr<const ItemEntry>& entry) {
    const ItemModel& item = *entry->model;
    if (item.events == 0) return;
    order.push_back({item.key, LogScore(item.popularity[half_life], options_.half_lives[half_life])});
  });
  const std::size_t kept = std::min(kPopularMax, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    MorePopular);
  order.resize(kept);
}

Result<void> ItemViewBuilder::ApplyMix(const Record& record) {
  FRESHET_TRY(MixModel mix, DecodeMixModel(record.value.value_or("")));
  auto global = std::make_shared<GlobalModel>(*global_);
  global->mix = std::move(mix);
  ++global->version;
  global_ = std::move(global);
  return {};
}

Result<void> ItemViewBuilder::ApplyNetChunk(std::size_t number, const Record& record) {
  FRESHET_TRY(auto chunk, DecodeNetChunk(record.value.value_or("")));
  net_.SetChunk(number, std::move(chunk));
  return {};
}

Result<void> ItemViewBuilder::ApplyNetMixer(const Record& record) {
  FRESHET_TRY(const MixerWeights weights, DecodeNetMixer(record.value.value_or("")));
  net_.SetMixer(weights);
  return {};
}

Result<void> ItemViewBuilder::ApplyRatingWeights(const Record& record) {
  FRESHET_TRY(std::vector<double> weights, DecodeRatingWeights(record.value.value_or("")));
  auto global = std::make_shared<GlobalModel>(*global_);
  global->rating_weights = std::move(weights);
  ++global->version;
  global_ = std::move(global);
  return {};
}

Result<void> ItemViewBuilder::ApplyShare(Partition partition, const Record& record) {
  FRESHET_TRY(shares_[static_cast<std::size_t>(partition.value)],
              DecodeGlobalShare(record.value.value_or("")));
  auto global = std::make_shared<GlobalModel>(*global_);
  global->item_gramian.clear();
  global->ratings = 0;
  Gramian gramian;
  bool known = false;
  double rating_sum = 0;
  for (const GlobalShare& each : shares_) {
    if (!each.item_gramian.empty()) {
      gramian.Merge(Gramian::FromFull(each.item_gramian));
      known = true;
    }
    rating_sum += each.rating_sum;
    global->ratings += each.ratings;
  }
  if (known) global->item_gramian = gramian.Full();
  global->rating_mean = RatingModel::GlobalMean(rating_sum, global->ratings);
  ++global->version;
  const bool fold = global->item_gramian != global_->item_gramian;
  global_ = std::move(global);
  if (!fold) return {};
  fold_in_ = std::make_unique<FoldIn>(gramian, options_.factors);
  fold_due_ = items_.size() > 0;
  return {};
}

std::shared_ptr<const ItemEntry> ItemViewBuilder::EntryOf(std::shared_ptr<const ItemModel> model) const {
  auto entry = std::make_shared<ItemEntry>();
  entry->model = std::move(model);
  if (entry->model->has_factor) entry->folded = fold_in_->Fold(entry->model->factor);
  return entry;
}

void ItemViewBuilder::FoldAll() {
  items_.Replace([&](const std::shared_ptr<const ItemEntry>& entry) {
    return entry->model->has_factor ? EntryOf(entry->model) : entry;
  });
}

std::shared_ptr<const ItemSnapshot> ItemViewBuilder::Publish() {
  if (fold_due_) FoldAll();
  fold_due_ = false;
  auto snapshot = std::make_shared<ItemSnapshot>();
  snapshot->items_ = items_.Share();
  snapshot->vectors_[static_cast<std::size_t>(VectorSpace::kFactor)] = factors_.Share();
  snapshot->sessions_ = sessions_.Share();
  snapshot->vectors_[static_cast<std::size_t>(VectorSpace::kContent)] = contents_.Share();
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    snapshot->popular_[h] = orders_[h];
    order_shared_[h] = true;
  }
  snapshot->global_ = global_;
  snapshot->net_ = net_.Share();
  snapshot->next_ = next_;
  snapshot->latest_event_ = latest_event_;
  snapshot->stubs_ = stubs_;
  for (std::size_t p = 0; p < next_.size(); ++p) {
    snapshot->version_ += fmt::format("{}{}", p == 0 ? "" : ".", next_[p].value);
  }
  return snapshot;
}

}  // namespace freshet
