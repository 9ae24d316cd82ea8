#include "models/next_item_net_codec.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;

void WriteVector(ByteWriter& to, const NetVector& vector) {
  for (const float element : vector.value) to.Fixed(element);
}

bool ReadVector(ByteReader& from, NetVector& vector) { return ReadFinite<float>(from, vector.value); }

void WriteMoments(ByteWriter& to, const AdamMoments& moments) {
  WriteVector(to, moments.first);
  WriteVector(to, moments.second);
}

bool ReadMoments(ByteReader& from, AdamMoments& moments) {
  const bool first = ReadVector(from, moments.first);
  return ReadVector(from, moments.second) && first;
}

bool AtEnd(const ByteReader& from) { return from.ok() && from.left() == 0; }

}  // namespace

std::string NextItemNetCodec::EncodeItem(const NextItemNet& net, std::uint32_t item) {
  std::string bytes;
  ByteWriter to(bytes);
  const LazyAdam::Scalar& bias = net.biases_[item];
  to.Fixed(kVersion);
  to.Varint(item);
  to.Varint(net.item_steps_[item]);
  for (const float number : {bias.value, bias.first, bias.second}) to.Fixed(number);
  WriteVector(to, net.vectors_[item]);
  WriteMoments(to, net.moments_[item]);
  return bytes;
}

std::string NextItemNetCodec::EncodeUser(const NextItemNet& net, std::uint64_t user) {
  std::string bytes;
  ByteWriter to(bytes);
  const auto items = net.history_.Items(user);
  to.Fixed(kVersion);
  to.Varint(items.size());
  for (const std::uint32_t item : items) to.Varint(item);
  return bytes;
}

std::string NextItemNetCodec::EncodeRing(const NextItemNet& net, std::size_t row) {
  std::string bytes;
  ByteWriter to(bytes);
  const auto ring = net.history_.ring();
  const std::size_t first = std::min(row * kNetRingRow, ring.size());
  const auto events = ring.subspan(first, std::min(kNetRingRow, ring.size() - first));
  to.Fixed(kVersion);
  to.Varint(events.size());
  for (const NetHistory::Event& event : events) {
    to.Fixed(event.user);
    to.Varint(event.item);
  }
  return bytes;
}

std::string NextItemNetCodec::EncodeGlobal(const NextItemNet& net) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(kVersion);
  to.Fixed(net.random_.state());
  to.Varint(net.items());
  to.Varint(net.history_.events());
  to.Varint(net.statistics_.steps);
  to.Varint(net.statistics_.refused_items);
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    WriteVector(to, net.mixer_.alpha[k]);
    WriteVector(to, net.mixer_.logit[k]);
    WriteMoments(to, net.alpha_moments_[k]);
    WriteMoments(to, net.logit_moments_[k]);
  }
  return bytes;
}

NextItemNetCodec::NextItemNetCodec(const NextItemNetOptions& options)
    : net_(std::make_unique<NextItemNet>(options)) {}

bool NextItemNetCodec::AddItem(ItemKey key, std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return false;
  const std::uint64_t number = from.Varint();
  Item item;
  item.key = key;
  item.steps = static_cast<std::uint32_t>(from.Varint());
  bool good = number < net_->options_.items_max;
  for (float* to : {&item.bias.value, &item.bias.first, &item.bias.second}) {
    good = ReadFinite(from, std::span(to, 1)) && good;
  }
  good = ReadVector(from, item.vector) && good;
  good = ReadMoments(from, item.moments) && good;
  if (!good || !AtEnd(from)) return false;
  return items_.emplace(static_cast<std::uint32_t>(number), item).second;
}

bool NextItemNetCodec::AddUser(std::uint64_t user, std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return false;
  const std::uint64_t count = from.Varint();
  if (count > kNetUserItems) return false;
  std::vector<std::uint32_t> items(count);
  for (std::uint32_t& item : items) item = static_cast<std::uint32_t>(from.Varint());
  return AtEnd(from) && users_.emplace(user, std::move(items)).second;
}

bool NextItemNetCodec::AddRing(std::size_t row, std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return false;
  const std::uint64_t count = from.Varint();
  if (count > kNetRingRow) return false;
  std::vector<NetHistory::Event> events(count);
  for (NetHistory::Event& event : events) {
    event.user = from.Fixed<std::uint64_t>();
    event.item = static_cast<std::uint32_t>(from.Varint());
  }
  return AtEnd(from) && ring_.emplace(row, std::move(events)).second;
}

bool NextItemNetCodec::AddGlobal(std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return false;
  net_->random_ = Random(from.Fixed<std::uint64_t>());
  item_count_ = from.Varint();
  events_ = from.Varint();
  net_->statistics_.steps = from.Varint();
  net_->statistics_.refused_items = from.Varint();
  bool good = true;
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    good = ReadVector(from, net_->mixer_.alpha[k]) && good;
    good = ReadVector(from, net_->mixer_.logit[k]) && good;
    good = ReadMoments(from, net_->alpha_moments_[k]) && good;
    good = ReadMoments(from, net_->logit_moments_[k]) && good;
  }
  global_ = good && AtEnd(from);
  ClampMixerWeights(net_->mixer_);
  net_->rates_ = MixerRates(net_->mixer_);
  return global_;
}

std::size_t NextItemNetCodec::ring_rows() const {
  const std::uint64_t slots = std::min<std::uint64_t>(events_, net_->options_.events_max);
  return static_cast<std::size_t>((slots + kNetRingRow - 1) / kNetRingRow);
}

std::vector<std::uint64_t> NextItemNetCodec::RingUsers() const {
  std::vector<std::uint64_t> users;
  for (const auto& [row, events] : ring_) {
    for (const NetHistory::Event& event : events) users.push_back(event.user);
  }
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

bool NextItemNetCodec::PlaceItems() {
  if (items_.size() != item_count_) return false;
  for (auto& [number, item] : items_) {
    if (number != net_->AddItem(item.key)) return false;
    net_->vectors_[number] = item.vector;
    net_->moments_[number] = item.moments;
    net_->biases_[number] = item.bias;
    net_->item_steps_[number] = item.steps;
  }
  return net_->index_.size() == item_count_;
}

bool NextItemNetCodec::KnownItems(const std::vector<std::uint32_t>& items) const {
  return std::all_of(items.begin(), items.end(), [this](std::uint32_t item) { return item < item_count_; });
}

bool NextItemNetCodec::PlaceHistory() {
  for (auto& [user, items] : users_) {
    if (!KnownItems(items)) return false;
    net_->history_.RestoreUser(user, std::move(items));
  }
  std::vector<NetHistory::Event> ring;
  for (const auto& [row, events] : ring_) {
    if (row * kNetRingRow != ring.size()) return false;
    ring.insert(ring.end(), events.begin(), events.end());
  }
  const bool known = std::all_of(ring.begin(), ring.end(),
                                 [this](const NetHistory::Event& event) { return event.item < item_count_; });
  return known && net_->history_.RestoreRing(std::move(ring), events_);
}

std::unique_ptr<NextItemNet> NextItemNetCodec::Finish() {
  if (!global_ || !PlaceItems() || !PlaceHistory()) return nullptr;
  return std::move(net_);
}

}  // namespace freshet
