#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "base/random.h"
#include "freshet/model.h"
#include "models/content_code.h"
#include "models/float_lanes.h"
#include "models/gramian.h"
#include "models/int8_matrix.h"
#include "models/transition_row.h"
#include "rank/list_builder.h"
#include "rank/mix_learner.h"
#include "rank/rank_options.h"

namespace freshet {

/// A view of a made-up shop: items in clusters of 200, Zipf-like popularity, rows and factors that follow the
/// clusters. The same seed gives the same view.
class SyntheticView : public ItemView {
 public:
  static constexpr std::int64_t kNow = 1'700'000'000'000;
  static constexpr std::uint64_t kCluster = 200;

  SyntheticView(std::size_t items, std::size_t cells, std::uint64_t seed) : random_(seed), size_(items) {
    for (std::size_t i = 0; i < items; ++i) AddItem(i);
    for (std::size_t i = 0; i < items; ++i) FillRow(i, cells);
    Reorder();
    Fold();
  }

  static ItemKey KeyAt(std::size_t index) { return {MixBits(index + 1)}; }
  ItemModel& At(std::size_t index) { return *models_.at(KeyAt(index)); }
  GlobalModel& global() { return global_; }
  void Reorder() {
    for (std::size_t h = 0; h < kHalfLives; ++h) Order(h);
  }
  void Rename(std::string version) { version_ = std::move(version); }

  const ItemModel* Find(ItemKey item) const override {
    const auto found = models_.find(item);
    return found == models_.end() ? nullptr : found->second.get();
  }
  std::span<const PopularItem> Popular(std::size_t half_life) const override { return popular_[half_life]; }
  const GlobalModel& Global() const override { return global_; }
  const Factor* Folded(ItemKey item) const override {
    const auto found = folded_.find(item);
    return found == folded_.end() ? nullptr : found->second.get();
  }
  const Int8Matrix* Vectors(VectorSpace space) const override {
    return space == VectorSpace::kFactor ? &factors_ : &contents_;
  }
  /// What an item is about, from now on.
  void Describe(std::size_t index, const ContentVector& content) {
    At(index).content = EncodeContent(content);
    contents_.Put(KeyAt(index), DecodeContent(At(index).content));
  }
  std::size_t ItemCount() const override { return size_; }
  const std::string& Version() const override { return version_; }

 private:
  void AddItem(std::size_t index) {
    auto item = std::make_unique<ItemModel>();
    item->key = KeyAt(index);
    item->item_id = "item-" + std::to_string(index);
    item->title = "Title " + std::to_string(index);
    const double events = 2 + 20'000.0 / static_cast<double>(1 + MixBits(index) % size_);
    item->events = static_cast<std::uint64_t>(events);
    item->first_event = {kNow - 3'600'000 * static_cast<std::int64_t>(1 + random_.Below(3000))};
    item->last_event = {kNow - 60'000 * static_cast<std::int64_t>(random_.Below(3000))};
    for (std::size_t h = 0; h < kHalfLives; ++h) {
      const HalfLife half_life = RankOptions{}.popularity_half_lives[h];
      Add(item->popularity[h], events * (0.05 + random_.Uniform()), item->last_event, half_life);
    }
    item->has_factor = true;
    const Factor centre = InitialFactor({index / kCluster});
    item->factor = InitialFactor({1'000'000 + index});
    AddScaled(item->factor, 3, centre);
    models_.emplace(item->key, std::move(item));
  }

  void FillRow(std::size_t index, std::size_t cells) {
    ItemModel& item = At(index);
    item.row_landmark = LandmarkFor({kNow}, RankOptions{}.row_half_life);
    for (std::size_t i = 0; i < cells; ++i) {
      const std::size_t base = random_.Chance(0.8) ? index / kCluster * kCluster : random_.Below(size_);
      const std::size_t other = (base + random_.Below(kCluster)) % size_;
      const bool known = std::any_of(item.row.begin(), item.row.end(),
                                     [&](const RowCell& cell) { return cell.item == KeyAt(other); });
      if (other == index || known) continue;
      const auto weight = static_cast<float>(20.0 / static_cast<double>(i + 1));
      item.row.push_back({KeyAt(other), weight * static_cast<float>(random_.Uniform()),
                          weight * static_cast<float>(random_.Uniform()),
                          weight * static_cast<float>(random_.Uniform()),
                          weight * static_cast<float>(random_.Uniform())});
    }
    std::sort(item.row.begin(), item.row.end(), StrongerCell());
    for (const RowCell& cell : item.row) {
      item.row_mass += cell.near / 2;
      item.row_follow_mass += cell.forward;
    }
  }

  void Order(std::size_t h) {
    const HalfLife half_life = RankOptions{}.popularity_half_lives[h];
    popular_[h].clear();
    for (std::size_t i = 0; i < size_; ++i) {
      popular_[h].push_back({KeyAt(i), LogScore(At(i).popularity[h], half_life)});
    }
    std::sort(popular_[h].begin(), popular_[h].end(), [](const PopularItem& a, const PopularItem& b) {
      return a.log_score != b.log_score ? a.log_score > b.log_score : a.item < b.item;
    });
    popular_[h].resize(std::min<std::size_t>(512, popular_[h].size()));
  }

  void Fold() {
    Gramian gramian;
    for (std::size_t i = 0; i < size_; ++i) {
      gramian.Add(At(i).factor);
      factors_.Put(KeyAt(i), At(i).factor);
    }
    global_.item_gramian = gramian.Full();
    const FoldIn fold_in(gramian, {});
    for (std::size_t i = 0; i < size_; ++i) {
      folded_.emplace(KeyAt(i), std::make_unique<Factor>(fold_in.Fold(At(i).factor)));
    }
  }

  Random random_;
  std::size_t size_;
  ItemMap<std::unique_ptr<ItemModel>> models_;
  ItemMap<std::unique_ptr<Factor>> folded_;
  Int8Matrix factors_{kFactors};
  Int8Matrix contents_{kContentDimensions};
  std::array<std::vector<PopularItem>, kHalfLives> popular_;
  GlobalModel global_;
  std::string version_ = "v1";
};

/// A history in one or two clusters of the view, newest last, one event a minute.
inline std::vector<HistoryEvent> SyntheticHistory(std::size_t items, std::size_t events, Random& random) {
  const std::uint64_t home = random.Below(items) / SyntheticView::kCluster * SyntheticView::kCluster;
  std::vector<HistoryEvent> history(events);
  for (std::size_t i = 0; i < events; ++i) {
    const std::uint64_t base = random.Chance(0.8) ? home : random.Below(items);
    history[i].item = SyntheticView::KeyAt((base + random.Below(SyntheticView::kCluster)) % items);
    history[i].at = {SyntheticView::kNow - 60'000 * static_cast<std::int64_t>(events - i)};
    history[i].weight = random.Chance(0.1) ? 8.0f : 1.0f;
    history[i].type = random.Chance(0.1) ? InteractionType::kPurchase : InteractionType::kView;
    history[i].offset = {static_cast<std::int64_t>(i)};
    history[i].event_id = "e" + std::to_string(i);
  }
  return history;
}

/// A learner of the builder's shape that has learned nothing.
inline MixLearner LearnerOf(const ListBuilder& builder) {
  return {builder.generators(), builder.PartNames().size()};
}

}  // namespace freshet
