#include "operators/standing_lists.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"

namespace freshet::test {
namespace {

constexpr std::uint32_t kOne = 77;
constexpr std::uint32_t kAnother = 78;

std::vector<ItemKey> Items(std::size_t count, std::uint64_t seed) {
  std::vector<ItemKey> items;
  for (std::size_t i = 0; i < count; ++i) items.push_back({MixBits(seed * 1000 + i)});
  return items;
}

StandingLists ThreeLists() {
  StandingLists lists;
  lists.Set(LiveModel::kHybrid, Items(20, 1));
  lists.Set(LiveModel::kPopularity, Items(7, 2));
  lists.SetChallenger(kOne, Items(20, 3));
  return lists;
}

std::string BytesOf(const StandingLists& lists) {
  std::string bytes;
  ByteWriter writer(bytes);
  lists.Encode(writer);
  return bytes;
}

StandingLists Again(const StandingLists& lists) {
  const std::string bytes = BytesOf(lists);
  ByteReader reader(bytes);
  StandingLists read;
  EXPECT_TRUE(read.Decode(reader));
  EXPECT_EQ(reader.left(), 0U);
  return read;
}

TEST(StandingLists, KnowThePlacesOfItems) {
  for (const StandingLists& lists : {ThreeLists(), Again(ThreeLists())}) {
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(lists.PlacesOf(Items(20, 1)[i], kOne).by_model[0], i + 1);
      EXPECT_EQ(lists.PlacesOf(Items(20, 3)[i], kOne).by_model[2], i + 1);
      EXPECT_EQ(lists.PlacesOf(Items(20, 2)[i], kOne).by_model[1], i < 7 ? i + 1 : 0);
    }
    const LivePlaces nowhere = lists.PlacesOf({12345}, kOne);
    EXPECT_FALSE(nowhere.AnyHit());
    EXPECT_EQ(nowhere.by_model[2], LivePlaces::kMiss);
  }
}

TEST(StandingLists, LeaveAnotherChallengersListsAside) {
  const ItemKey listed = Items(20, 3)[4];
  EXPECT_EQ(ThreeLists().PlacesOf(listed, kAnother).by_model[2], LivePlaces::kNoList);
  EXPECT_EQ(ThreeLists().PlacesOf(listed, 0).by_model[2], LivePlaces::kNoList);
  EXPECT_FALSE(ThreeLists().PlacesOf(listed, 0).AnyHit());
}

TEST(StandingLists, AreSmallAndNothingWhereThereAreNone) {
  EXPECT_EQ(BytesOf(StandingLists()).size(), 1U);
  EXPECT_TRUE(Again(StandingLists()).empty());
  StandingLists lists = ThreeLists();
  EXPECT_EQ(BytesOf(lists).size(), 3U + 4 + 47 * 3);
  lists.Clear();
  EXPECT_TRUE(lists.empty());
  lists.Set(LiveModel::kHybrid, Items(100, 1));
  EXPECT_EQ(lists.PlacesOf(Items(100, 1)[20], 0).by_model[0], LivePlaces::kMiss) << "the first 20 count";
}

TEST(StandingLists, SaySoWhenTheirBytesAreDamaged) {
  const std::string bytes = BytesOf(ThreeLists());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    StandingLists read;
    EXPECT_FALSE(read.Decode(reader)) << size;
  }
  std::string longer = bytes;
  longer[0] = 21;
  ByteReader reader(longer);
  StandingLists read;
  EXPECT_FALSE(read.Decode(reader));
}

}  // namespace
}  // namespace freshet::test
