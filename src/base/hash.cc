#include "base/hash.h"

#include <nmmintrin.h>
#include <xxhash.h>

#include <cstring>

#include "base/assert.h"

namespace freshet {

std::uint64_t Hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed) {
  std::uint64_t crc = ~seed;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left) crc32 = _mm_crc32_u8(crc32, static_cast<unsigned char>(*at));
  return ~crc32;
}

namespace {

// MurmurHash2, 32 bits, little-endian, with the seed that Kafka's clients use (Appleby, public domain).
std::uint32_t Murmur2(std::string_view key) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  auto hash = static_cast<std::uint32_t>(0x9747b28c ^ static_cast<std::uint32_t>(key.size()));
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, key.data() + at, 4);
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  const std::size_t rest = key.size() - at;
  for (std::size_t i = rest; i > 0; --i) {
    hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[at + i - 1])) << (8 * (i - 1));
  }
  if (rest > 0) hash *= kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

}  // namespace

Partition PartitionForKey(std::string_view key, std::int32_t partitions) {
  FRESHET_ASSERT(partitions > 0);
  return {static_cast<std::int32_t>(Murmur2(key) & 0x7fffffffU) % partitions};
}

}  // namespace freshet
