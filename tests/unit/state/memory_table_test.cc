#include "state/memory_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

namespace freshet {
namespace {

TEST(MemoryTable, TellsPresentAbsentAndUnknownApart) {
  MemoryTable table(1 << 16);
  table.Remember("a", "1");
  table.Remember("b", std::nullopt);
  EXPECT_EQ(table.Find("a").known, Known::kPresent);
  EXPECT_EQ(table.Find("a").value, "1");
  EXPECT_EQ(table.Find("b").known, Known::kAbsent);
  EXPECT_EQ(table.Find("c").known, Known::kNothing);
  table.Forget("a");
  EXPECT_EQ(table.Find("a").known, Known::kNothing);
}

TEST(MemoryTable, KeepsWhatIsUsedAndEvictsTheRest) {
  MemoryTable table(64 << 10);
  table.Remember("hot", "value");
  for (int i = 0; i < 10'000; ++i) {
    table.Remember("cold" + std::to_string(i), std::string(100, 'x'));
    ASSERT_EQ(table.Find("hot").known, Known::kPresent) << i;
    ASSERT_LE(table.Bytes(), 64U << 10);
  }
  EXPECT_GT(table.Evictions(), 9'000U);
  EXPECT_GT(table.Count(), 300U);
}

TEST(MemoryTable, DoesNotKeepWhatIsLargerThanItself) {
  MemoryTable table(1024);
  table.Remember("a", "small");
  table.Remember("a", std::string(5000, 'x'));
  EXPECT_EQ(table.Find("a").known, Known::kNothing);
}

TEST(MemoryTable, CostsLessThanSixtyBytesAnEntryBesideItsBytes) {
  MemoryTable table(1 << 30);
  constexpr std::size_t kEntries = 300'000;
  const std::string value(100, 'v');
  std::size_t payload = 0;
  for (std::size_t i = 0; i < kEntries; ++i) {
    const std::string key = "user-" + std::to_string(i);
    payload += key.size() + value.size();
    table.Remember(key, value);
  }
  EXPECT_LT((table.Bytes() - payload) / kEntries, 60U);
}

TEST(MemoryTable, AgreesWithAMapAndStaysWithinItsBound) {
  EXPECT_TRUE(rc::check(
      "random operations on a small table", [](const std::vector<std::pair<std::uint8_t, int>>& steps) {
        MemoryTable table(2048);
        std::map<std::string, std::optional<std::string>> model;
        for (const auto& [key_number, action] : steps) {
          const std::string key = "key" + std::to_string(key_number % 64);
          const std::optional<std::string> value =
              action % 4 == 0 ? std::nullopt
                              : std::optional(std::string(static_cast<unsigned>(action) % 90, 'v'));
          if (action % 7 == 0) {
            table.Forget(key);
            model.erase(key);
          } else {
            table.Remember(key, value);
            model[key] = value;
          }
          RC_ASSERT(table.Bytes() <= 2048U || table.Count() == 0U);
          for (const auto& [known_key, expected] : model) {
            const Cached cached = table.Find(known_key);
            if (cached.known == Known::kNothing) continue;
            RC_ASSERT((cached.known == Known::kPresent) == expected.has_value());
            if (expected) RC_ASSERT(cached.value == *expected);
          }
        }
      }));
}

TEST(MemoryTable, ANewBoundTakesEffectAtOnce) {
  MemoryTable table(1 << 20);
  for (int i = 0; i < 2'000; ++i) table.Remember("key" + std::to_string(i), std::string(100, 'v'));
  ASSERT_EQ(table.Count(), 2'000U);
  table.SetBound(100 << 10);
  EXPECT_LE(table.Bytes(), 100U << 10);
  EXPECT_GT(table.Count(), 0U);
  table.SetBound(1 << 20);
  table.Remember("another", "value");
  EXPECT_EQ(table.Find("another").value, "value");
}

TEST(MemoryTable, ABoundBelowWhatItsIndexTookLeavesATableThatWorks) {
  MemoryTable table(64 << 20);
  for (int i = 0; i < 100'000; ++i) table.Remember("key" + std::to_string(i), "value");
  constexpr std::size_t kBound = 1 << 20;
  ASSERT_EQ(table.Count(), 100'000U);
  table.SetBound(kBound);
  for (int i = 0; i < 5'000; ++i) {
    table.Remember("new" + std::to_string(i), "value");
    ASSERT_LE(table.Bytes(), kBound);
  }
  EXPECT_EQ(table.Find("new4999").value, "value");
  EXPECT_GT(table.Count(), 4'000U) << "the index of before takes no part of the bound";
}

}  // namespace
}  // namespace freshet
