#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/next_item_net.h"

namespace freshet {

/// Events in one row of the ring.
inline constexpr std::size_t kNetRingRow = 1024;

/// The network as rows, so that what changed can be written alone: one an item, one a user, one for each
/// kNetRingRow slots of the ring, one for all else. Each begins with a version byte.
class NextItemNetCodec final {
 public:
  static std::string EncodeItem(const NextItemNet& net, std::uint32_t item);
  static std::string EncodeUser(const NextItemNet& net, std::uint64_t user);
  static std::string EncodeRing(const NextItemNet& net, std::size_t row);
  static std::string EncodeGlobal(const NextItemNet& net);

  /// Collects rows in any order. Each call is false when the bytes are not such a row.
  explicit NextItemNetCodec(const NextItemNetOptions& options);
  bool AddItem(ItemKey item, std::string_view bytes);
  bool AddUser(std::uint64_t user, std::string_view bytes);
  bool AddRing(std::size_t row, std::string_view bytes);
  bool AddGlobal(std::string_view bytes);
  /// What AddGlobal said there are: item rows are numbered from 0, and so are those of the ring.
  std::uint64_t items() const { return item_count_; }
  std::size_t ring_rows() const;
  /// Users of the ring's rows so far: each has a row.
  std::vector<std::uint64_t> RingUsers() const;
  /// The network that these are all rows of; null when they do not fit together. Once.
  std::unique_ptr<NextItemNet> Finish();

 private:
  struct Item {
    ItemKey key;
    NetVector vector;
    AdamMoments moments;
    LazyAdam::Scalar bias;
    std::uint32_t steps = 0;
  };
  bool PlaceItems();
  bool PlaceHistory();
  bool KnownItems(const std::vector<std::uint32_t>& items) const;

  std::unique_ptr<NextItemNet> net_;
  std::map<std::uint32_t, Item> items_;
  std::map<std::uint64_t, std::vector<std::uint32_t>> users_;
  std::map<std::size_t, std::vector<NetHistory::Event>> ring_;
  std::uint64_t item_count_ = 0;
  std::uint64_t events_ = 0;
  bool global_ = false;
};

}  // namespace freshet
