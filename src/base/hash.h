#pragma once

#include <cstdint>
#include <string_view>

#include "freshet/ids.h"

namespace freshet {

/// XXH3, 64 bits, seed 0. Stored in state: never change it.
std::uint64_t Hash64(std::string_view bytes);

/// CRC-32C (Castagnoli) of `bytes`, continuing from `seed`; Crc32c("123456789") == 0xe3069283.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed = 0);

/// Murmur2 of the key modulo `partitions`, as Kafka's default partitioner for keyed records does
/// (positive hash), so that other producers with that partitioner and Freshet agree on an owner.
Partition PartitionForKey(std::string_view key, std::int32_t partitions);

inline ItemKey KeyOfItem(std::string_view item_id) { return {Hash64(item_id)}; }

/// Finaliser of SplitMix64: spreads a key's bits for tables that index with the low ones.
constexpr std::uint64_t MixBits(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace freshet
