#include "view/view_checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "base/hash.h"
#include "view/item_model_codec.h"
#include "view/item_view_builder.h"
#include "view/newest_records.h"

namespace freshet {
namespace {

const std::string kShareKey{kGlobalShareKey};

Record ItemRecord(std::int64_t offset, const std::string& item_id, std::uint64_t events) {
  ItemModel item;
  item.key = KeyOfItem(item_id);
  item.item_id = item_id;
  item.title = std::string(300, 't');
  item.events = events;
  item.row = {{KeyOfItem("other"), 1.5F, 0.25F}};
  Record record;
  record.offset = {offset};
  record.key = item_id;
  record.value = EncodeItemModel(item);
  return record;
}

Record GlobalRecord(std::int64_t offset, double rating_sum) {
  GlobalShare share;
  share.rating_sum = rating_sum;
  share.ratings = 1;
  Record record;
  record.offset = {offset};
  record.key = std::string(kGlobalShareKey);
  record.value = EncodeGlobalShare(share);
  return record;
}

class ViewCheckpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / fmt::format("freshet-view-{}", ::getpid())).string();
    path_ = folder_ + "/state/item-view";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<const ItemSnapshot> ViewOf(int items) {
    ItemViewBuilder builder({}, 2);
    for (int i = 0; i < items; ++i) {
      EXPECT_TRUE(builder.Apply({0}, ItemRecord(i, fmt::format("item-{}", i), 1U + i)).ok());
    }
    return builder.Publish();
  }
  Result<bool> ReadAll(bool accept = true) {
    read_.clear();
    ViewCheckpointVisitor visitor;
    visitor.accept = [&](const ViewCheckpointHead& head) {
      head_ = head;
      return accept;
    };
    visitor.record = [&](Partition partition, Record record) {
      read_[{partition.value, *record.key}] = *record.value;
    };
    return ReadViewCheckpoint(path_, visitor);
  }

  std::string folder_;
  std::string path_;
  ViewCheckpointHead head_;
  GlobalRecords read_;
};

TEST_F(ViewCheckpoint, GivesBackWhatItWasWrittenFrom) {
  const auto view = ViewOf(2'000);
  const ViewCheckpointHead head{"cluster", "item-model", "id", {77}, {{10}, {20}}, {{{9}, 7}, {}}};
  const GlobalRecords globals = {{{0, kShareKey}, "zero"}, {{1, kShareKey}, "one"}};
  ASSERT_TRUE(WriteViewCheckpoint(path_, head, globals, *view).ok());
  const auto read = ReadAll();
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(*read);
  EXPECT_EQ(head_.cluster_id, "cluster");
  EXPECT_EQ(head_.topic_id, "id");
  EXPECT_EQ(head_.written.ms, 77);
  EXPECT_EQ(head_.next, head.next);
  ASSERT_EQ(head_.last.size(), 2U);
  EXPECT_EQ(head_.last[0].offset.value, 9);
  EXPECT_EQ(head_.last[0].crc, 7U);
  EXPECT_EQ(head_.last[1].offset.value, -1);
  EXPECT_EQ(read_.size(), 2'002U);
  EXPECT_EQ((read_[{1, kShareKey}]), "one");
  view->ForEachItem([&](const ItemModel& item) {
    EXPECT_EQ((read_[{0, item.item_id}]), EncodeItemModel(item));
  });
}

TEST_F(ViewCheckpoint, HasTheSessions) {
  ItemViewBuilder builder({}, 2);
  Record record;
  record.key = EncodeSessionKey(SessionKey::Of({1}, 5));
  record.value = EncodeSession({{123}, {{1}, {2}, {1}}});
  ASSERT_TRUE(builder.Apply({1}, record).ok());
  ASSERT_TRUE(WriteViewCheckpoint(path_, {}, {}, *builder.Publish()).ok());
  ASSERT_TRUE(ReadAll().ok());
  ASSERT_EQ(read_.size(), 1U);
  EXPECT_EQ(read_.begin()->first.second, *record.key);
  EXPECT_EQ(read_.begin()->second, *record.value);
}

TEST_F(ViewCheckpoint, IsReadNoFurtherThanItsHeadWhenThatDoesNotFit) {
  ASSERT_TRUE(WriteViewCheckpoint(path_, {}, {}, *ViewOf(10)).ok());
  const auto read = ReadAll(false);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(*read);
  EXPECT_TRUE(read_.empty());
}

TEST_F(ViewCheckpoint, IsRefusedWhereverItIsCutOffOrChanged) {
  EXPECT_EQ(ReadAll().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(WriteViewCheckpoint(path_, {}, {}, *ViewOf(3)).ok());
  std::ifstream file(path_, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    std::ofstream(path_, std::ios::binary) << whole.substr(0, size);
    EXPECT_EQ(ReadAll().error().code, ErrorCode::kCorrupt) << size;
    std::string changed = whole;
    changed[size] = static_cast<char>(changed[size] ^ 0x40);
    std::ofstream(path_, std::ios::binary) << changed;
    const auto read = ReadAll();
    EXPECT_FALSE(read.ok() && *read) << size;
  }
}

TEST(NewestRecords, KeepsTheLastOfEachItemAndOfEachPartitionsGlobals) {
  NewestRecords newest;
  newest.Add({0}, ItemRecord(0, "a", 1));
  newest.Add({0}, GlobalRecord(1, 1));
  newest.Add({1}, GlobalRecord(0, 2));
  newest.Add({0}, ItemRecord(2, "a", 2));
  Record tombstone;
  tombstone.key = "b";
  newest.Add({1}, ItemRecord(1, "b", 1));
  newest.Add({1}, tombstone);
  EXPECT_GT(newest.Bytes(), 300U);
  std::vector<std::string> seen;
  newest.Drain([&](Partition partition, const Record& record) {
    const bool global = IsGlobalKey(*record.key);
    const auto item = global || !record.value ? ItemModel() : *DecodeItemModel(*record.value);
    seen.push_back(fmt::format("{} {} {}", partition.value, global ? "global" : *record.key, item.events));
  });
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_TRUE(seen[0].ends_with("global 0") && seen[1].ends_with("global 0"));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector<std::string>{"0 a 2", "0 global 0", "1 b 0", "1 global 0"}));
  EXPECT_EQ(newest.Bytes(), 0U);
  newest.Drain([](Partition, const Record&) { FAIL(); });
}

}  // namespace
}  // namespace freshet
