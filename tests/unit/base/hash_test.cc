#include "base/hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace freshet {
namespace {

// The vectors of Kafka's own test of Utils.murmur2, and its toPositive: other producers agree on an owner.
TEST(Hash, PartitionsAreThoseOfKafkasDefaultPartitioner) {
  const std::pair<std::string, std::int32_t> kKnown[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, murmur2] : kKnown) {
    const std::int32_t positive = murmur2 & 0x7fffffff;
    for (const std::int32_t partitions : {1, 2, 3, 4, 12, 1'024, std::numeric_limits<std::int32_t>::max()}) {
      EXPECT_EQ(PartitionForKey(key, partitions).value, positive % partitions) << key << " of " << partitions;
    }
  }
}

// The check value of CRC-32C, and the examples of RFC 3720, B.4.
TEST(Hash, Crc32cHasItsKnownAnswers) {
  EXPECT_EQ(Crc32c(""), 0U);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string rising;
  for (char byte = 0; byte < 32; ++byte) rising += byte;
  EXPECT_EQ(Crc32c(rising), 0x46dd794eU);
}

TEST(Hash, Crc32cContinuesWhereItStopped) {
  const std::string text = "a text that is cut anywhere";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text)) << cut;
  }
}

// Keys of items are stored. This is the published answer of XXH3 for nothing.
TEST(Hash, ItemKeysStayAsTheyAreStored) {
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2ULL);
  EXPECT_EQ(KeyOfItem("movie:1").value, Hash64("movie:1"));
}

}  // namespace
}  // namespace freshet
