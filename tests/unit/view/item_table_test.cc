#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/format.h"
#include "view/item_snapshot.h"

namespace freshet {
namespace {

using Reference = std::map<ItemKey, std::uint64_t>;

std::shared_ptr<const ItemEntry> Entry(ItemKey key, std::uint64_t version) {
  auto model = std::make_shared<ItemModel>();
  model->key = key;
  model->version = version;
  auto entry = std::make_shared<ItemEntry>();
  entry->model = std::move(model);
  return entry;
}

void ExpectSame(const ItemTable& table, const Reference& reference) {
  EXPECT_EQ(table.size(), reference.size());
  Reference visited;
  table.ForEach([&](const auto& entry) { visited[entry->model->key] = entry->model->version; });
  EXPECT_EQ(visited, reference);
  for (std::uint64_t key = 0; key < 3000; key += 7) {
    const ItemEntry* found = table.Find({key});
    const auto expected = reference.find({key});
    ASSERT_EQ(found != nullptr, expected != reference.end());
    if (found == nullptr) continue;
    EXPECT_EQ(found->model->version, expected->second);
    EXPECT_EQ(table.FindEntry({key}).get(), found);
  }
}

TEST(ItemTable, ReplacesEveryEntryAndLeavesOlderVersionsAlone) {
  ItemTable table;
  Reference reference;
  for (std::uint64_t key = 0; key < 900; ++key) {
    table.Put(Entry({key * 3}, key));
    reference[{key * 3}] = key;
  }
  const ItemTable before = table.Share();
  table.Replace([](const auto& entry) { return Entry(entry->model->key, entry->model->version + 1); });
  ExpectSame(before, reference);
  for (auto& [key, version] : reference) ++version;
  ExpectSame(table, reference);
}

TEST(ItemTable, EqualsAMapAndKeepsOlderVersionsAsTheyWere) {
  std::mt19937_64 random(7);
  ItemTable table;
  Reference reference;
  std::vector<std::pair<ItemTable, Reference>> versions;
  for (std::uint64_t step = 0; step < 12'000; ++step) {
    const ItemKey key{random() % 3000};
    if (random() % 4 == 0) {
      table.Erase(key);
      reference.erase(key);
    } else {
      table.Put(Entry(key, step));
      reference[key] = step;
    }
    if (step % 1500 == 0 || step % 1501 == 0) versions.emplace_back(table.Share(), reference);
  }
  ExpectSame(table, reference);
  for (const auto& [older, then] : versions) ExpectSame(older, then);
}

TEST(ItemTable, CountsItsBytesWhateverCameBefore) {
  ItemTable once;
  ItemTable often;
  EXPECT_EQ(once.Bytes(), 0U);
  for (std::uint64_t key = 0; key < 2'000; ++key) {
    often.Put(Entry({key}, 1));
    if (key % 100 == 0) static_cast<void>(often.Share());
    often.Put(Entry({key}, 2));
    once.Put(Entry({key}, 2));
    often.Put(Entry({key + 10'000}, 1));
    often.Erase({key + 10'000});
  }
  EXPECT_EQ(often.Bytes(), once.Bytes());
  EXPECT_EQ(often.Share().Bytes(), once.Bytes());
  EXPECT_GT(once.Bytes(), 2'000 * sizeof(ItemEntry));
}

}  // namespace
}  // namespace freshet
