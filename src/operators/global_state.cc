#include "operators/global_state.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "base/format.h"
#include "operators/item_state.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kGlobalVersion = 1;

std::string GlobalKey() { return KeyBuilder(kGlobalTable).Take(); }

/// `sum` times `factor`.
Gramian Scaled(const Gramian& sum, double factor) {
  std::vector<float> full = sum.Full();
  for (float& entry : full) entry = static_cast<float>(entry * factor);
  return Gramian::FromFull(full);
}

}  // namespace

Result<GlobalState> GlobalState::Load(State& state) {
  GlobalState global;
  const auto bytes = state.Get(GlobalKey());
  if (!bytes) return global;
  ByteReader reader(*bytes);
  const Error damaged = MakeError(
      ErrorCode::kCorrupt,
      fmt::format(
          "the sums of an item partition (state key 'g', {} bytes) are damaged or of another "
          "version: stop the process, rename its state directory and let it restore from the changelog",
          bytes->size()));
  if (reader.Fixed<std::uint8_t>() != kGlobalVersion) return damaged;
  if (!global.items_.Decode(reader) || !global.users_.Decode(reader)) return damaged;
  global.users_weight_ = reader.Fixed<double>();
  global.user_count_ = reader.Varint();
  global.rating_sum_ = reader.Fixed<double>();
  global.ratings_ = reader.Varint();
  global.changes_ = reader.Varint();
  global.published_at_ = reader.Varint();
  if (!reader.ok() || reader.left() != 0 || !std::isfinite(global.users_weight_) ||
      !std::isfinite(global.rating_sum_)) {
    return damaged;
  }
  return global;
}

void GlobalState::Save(State& state) {
  if (!dirty_) return;
  dirty_ = false;
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kGlobalVersion);
  items_.Encode(writer);
  users_.Encode(writer);
  writer.Fixed(users_weight_);
  writer.Varint(user_count_);
  writer.Fixed(rating_sum_);
  writer.Varint(ratings_);
  writer.Varint(changes_);
  writer.Varint(published_at_);
  state.Put(GlobalKey(), bytes);
}

void GlobalState::AddUsers(std::uint64_t new_users, const std::vector<WeightedFactor>& factors) {
  if (new_users == 0 && factors.empty()) return;
  user_count_ += new_users;
  dirty_ = true;
  if (factors.empty()) return;
  if (users_weight_ > kFactorMemory) {
    // Halving once a memory's length fades old factors at the cost of one pass.
    users_ = Scaled(users_, 0.5);
    users_weight_ *= 0.5;
  }
  for (const WeightedFactor& user : factors) {
    users_.Add(user.factor, static_cast<double>(user.weight));
    users_weight_ += static_cast<double>(user.weight);
  }
}

void GlobalState::ReplaceItemFactor(const Factor* before, const Factor& after) {
  if (before != nullptr) items_.Subtract(*before);
  items_.Add(after);
  ++changes_;
  dirty_ = true;
}

void GlobalState::AddRatings(double sum, std::int64_t ratings) {
  rating_sum_ += sum;
  ratings_ =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(ratings_) + ratings));
  ++changes_;
  dirty_ = true;
}

Gramian GlobalState::UsersGramian() const {
  if (users_weight_ <= 0) return {};
  return Scaled(users_, static_cast<double>(user_count_) / users_weight_);
}

bool GlobalState::DueForPublication() const {
  // Every process folds all items again for a new Gramian: publish on growth by a quarter, 32 at the least.
  return changes_ - published_at_ >= std::max<std::uint64_t>(32, published_at_ / 4);
}

GlobalShare GlobalState::TakeShare() {
  published_at_ = changes_;
  dirty_ = true;
  GlobalShare share;
  share.item_gramian = items_.Full();
  share.rating_sum = rating_sum_;
  share.ratings = ratings_;
  return share;
}

}  // namespace freshet
