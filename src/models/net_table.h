#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/hash_map.h"
#include "models/ema_mixer.h"

namespace freshet {

/// Items that travel and change together.
inline constexpr std::size_t kNetChunkItems = 64;

struct NetChunk {
  std::size_t count = 0;
  std::array<ItemKey, kNetChunkItems> keys{};
  std::array<float, kNetChunkItems> biases{};
  std::array<NetVector, kNetChunkItems> vectors;
};

/// The network as it is read: item vectors by dense number, and what turns a user's past into an output.
/// Immutable, shared by threads; versions share the chunks that did not change.
class NetTable final {
 public:
  /// Numbers below this may have an item.
  std::size_t size() const { return chunks_.size() * kNetChunkItems; }
  std::size_t items() const { return index_->size(); }
  std::optional<std::uint32_t> Find(ItemKey item) const;
  /// Of a number that Find gave.
  const NetVector& vector(std::uint32_t number) const { return At(number).vectors[number % kNetChunkItems]; }
  float bias(std::uint32_t number) const { return At(number).biases[number % kNetChunkItems]; }
  /// In the order of numbers; null where nothing is known yet.
  std::span<const std::shared_ptr<const NetChunk>> chunks() const { return chunks_; }
  const PlaceKernels& kernels() const { return *kernels_; }

 private:
  friend class NetTableBuilder;
  const NetChunk& At(std::uint32_t number) const { return *chunks_[number / kNetChunkItems]; }

  std::vector<std::shared_ptr<const NetChunk>> chunks_;
  std::shared_ptr<const ItemMap<std::uint32_t>> index_;
  std::shared_ptr<const PlaceKernels> kernels_;
};

/// Collects chunks and gives out versions. One thread.
class NetTableBuilder final {
 public:
  void SetChunk(std::size_t number, std::shared_ptr<const NetChunk> chunk);
  void SetMixer(const MixerWeights& weights);
  /// Null while there is no item, or no mixer. The same version as before where nothing was set since.
  std::shared_ptr<const NetTable> Share();

 private:
  void IndexAll();

  std::vector<std::shared_ptr<const NetChunk>> chunks_;
  std::shared_ptr<ItemMap<std::uint32_t>> index_ = std::make_shared<ItemMap<std::uint32_t>>();
  std::shared_ptr<const PlaceKernels> kernels_;
  bool index_shared_ = false;
  std::shared_ptr<const NetTable> last_;
  bool changed_ = false;
};

}  // namespace freshet
