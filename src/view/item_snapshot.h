#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "freshet/model.h"
#include "models/int8_matrix.h"
#include "models/net_table.h"
#include "view/persistent_table.h"
#include "view/session_index.h"

namespace freshet {

/// One item with what the view derives from it.
struct ItemEntry {
  std::shared_ptr<const ItemModel> model;
  Factor folded{};  ///< B q, where the model has a factor
};

inline ItemKey KeyOf(const ItemEntry& entry) { return entry.model->key; }
std::size_t BytesOf(const ItemEntry& entry);
using ItemTable = PersistentTable<ItemKey, ItemEntry>;

/// The item model at one version, as every process folds it from the topic `item-model`.
/// Immutable, shared between the task threads and the query threads.
class ItemSnapshot final : public ItemView {
 public:
  const ItemModel* Find(ItemKey item) const override;
  std::span<const PopularItem> Popular(std::size_t half_life) const override;
  const GlobalModel& Global() const override { return *global_; }
  const Factor* Folded(ItemKey item) const override;
  const Int8Matrix* Vectors(VectorSpace space) const override {
    return &vectors_[static_cast<std::size_t>(space)];
  }
  const NetTable* Net() const override { return net_.get(); }
  std::size_t ItemCount() const override { return items_.size(); }
  SessionsOfItem SessionsWith(ItemKey item, std::span<SessionRef> newest) const override {
    return sessions_.With(item, newest);
  }
  const UserSession* FindSession(SessionKey key) const override { return sessions_.Find(key); }
  std::size_t SessionCount() const override { return sessions_.size(); }
  const std::string& Version() const override { return version_; }
  /// Older versions share most of it.
  std::size_t Bytes() const;
  /// Next offset of each partition of the item model that this version does not contain.
  const std::vector<Offset>& Next() const { return next_; }
  /// The newest event that any item of this version knows of: the view's own "now".
  Timestamp LatestEvent() const { return latest_event_; }
  /// Items that events name and the catalogue does not.
  std::size_t StubCount() const { return stubs_; }
  /// All item models, in an order that depends on the keys only.
  template <typename Visit>
  void ForEachItem(Visit visit) const {
    items_.ForEach([&](const std::shared_ptr<const ItemEntry>& entry) { visit(*entry->model); });
  }
  template <typename Visit>
  void ForEachSession(Visit visit) const {
    sessions_.ForEach(visit);
  }

 private:
  friend class ItemViewBuilder;
  ItemTable items_;
  std::array<Int8Matrix, kVectorSpaces> vectors_{Int8Matrix(kFactors), Int8Matrix(kContentDimensions)};
  SessionIndex sessions_;
  std::array<std::shared_ptr<const std::vector<PopularItem>>, kHalfLives> popular_;
  std::shared_ptr<const GlobalModel> global_;
  std::shared_ptr<const NetTable> net_;
  std::vector<Offset> next_;
  std::string version_;
  Timestamp latest_event_;
  std::size_t stubs_ = 0;
};

}  // namespace freshet
