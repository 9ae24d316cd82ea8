#include "engine/view_feed.h"

#include <gtest/gtest.h>

#include <fstream>

#include "connectors/embedded/embedded_log.h"
#include "service_fixture.h"
#include "view/item_model_codec.h"

namespace freshet::test {
namespace {

constexpr std::int32_t kPartitions = 2;
constexpr const char* kTopic = "item-model";

/// An item model written by hand, and feeds that fold it one after the other, as restarts do.
class ViewFeedTest : public ::testing::Test {
 protected:
  ViewFeedTest() {
    auto opened = EmbeddedLog::Open(folder_.path() + "/log", {});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
    TopicSpec spec;
    spec.name = kTopic;
    spec.partitions = kPartitions;
    EXPECT_TRUE(log_->Create(spec).ok());
  }

  void Publish(std::vector<std::pair<std::string, std::optional<std::string>>> records) {
    auto writer = log_->OpenWriter({});
    ASSERT_TRUE(writer.ok() && (*writer)->Initialise().ok() && (*writer)->Begin().ok());
    for (auto& [key, value] : records) {
      OutputRecord record;
      record.to = {kTopic, PartitionForKey(key, kPartitions)};
      record.key = key;
      record.value = std::move(value);
      ASSERT_TRUE((*writer)->Append(std::move(record)).ok());
    }
    ASSERT_TRUE((*writer)->Commit().ok());
  }
  static std::string Item(const std::string& id, std::uint64_t events) {
    ItemModel item;
    item.item_id = id;
    item.events = events;
    item.has_factor = true;
    item.factor.fill(0.25F);
    for (DecayedSum& sum : item.popularity) sum.sum = static_cast<double>(events);
    return EncodeItemModel(item);
  }
  static std::string Share(float diagonal) {
    GlobalShare share;
    share.item_gramian.assign(kFactors * kFactors, 0.0F);
    for (std::size_t i = 0; i < kFactors; ++i) share.item_gramian[i * kFactors + i] = diagonal;
    return EncodeGlobalShare(share);
  }
  /// Items 0 to 99 with as many events as `round` says, and a Gramian.
  void PublishRound(int round) {
    std::vector<std::pair<std::string, std::optional<std::string>>> records;
    for (int i = 0; i < 100; ++i) {
      const std::string id = fmt::format("item-{}", i);
      records.emplace_back(id, Item(id, static_cast<std::uint64_t>(round * 100 + i)));
    }
    records.emplace_back(std::string(kGlobalShareKey), Share(static_cast<float>(round)));
    Publish(std::move(records));
  }

  void StartFeed(const std::string& checkpoint = "") {
    ViewFeed::Options options;
    options.topic = kTopic;
    options.partitions = kPartitions;
    options.checkpoint_path = checkpoint;
    metrics_ = std::make_unique<MetricsRegistry>();
    feed_ = std::make_unique<ViewFeed>(*log_, options, *metrics_, SystemClock());
    ASSERT_TRUE(feed_->Open().ok());
    CatchUp();
  }
  void CatchUp() {
    const auto at_end = [&] {
      EXPECT_TRUE(feed_->Step(std::chrono::milliseconds(0)).ok());
      if (!feed_->CaughtUp()) return false;
      for (std::int32_t p = 0; p < kPartitions; ++p) {
        const auto marks = log_->QueryWatermarks({kTopic, {p}}, Isolation::kReadCommitted);
        if (feed_->Latest()->Next()[static_cast<std::size_t>(p)] < marks->high) return false;
      }
      return true;
    };
    ASSERT_TRUE(WaitFor(at_end));
  }
  std::uint64_t RecordsRead() { return metrics_->GetCounter("freshet_item_model_records_total", "").Value(); }
  static void ExpectSame(const ItemSnapshot& one, const ItemSnapshot& other) {
    EXPECT_EQ(one.Version(), other.Version());
    EXPECT_EQ(one.ItemCount(), other.ItemCount());
    one.ForEachItem([&](const ItemModel& item) {
      const ItemModel* same = other.Find(item.key);
      ASSERT_NE(same, nullptr) << item.item_id;
      EXPECT_EQ(EncodeItemModel(item), EncodeItemModel(*same));
      ASSERT_NE(other.Folded(item.key), nullptr);
      EXPECT_EQ(*one.Folded(item.key), *other.Folded(item.key));
    });
    EXPECT_EQ(one.Global().item_gramian, other.Global().item_gramian);
    for (std::size_t h = 0; h < kHalfLives; ++h) {
      ASSERT_EQ(one.Popular(h).size(), other.Popular(h).size());
      for (std::size_t i = 0; i < one.Popular(h).size(); ++i) {
        EXPECT_EQ(one.Popular(h)[i].item, other.Popular(h)[i].item);
      }
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<MetricsRegistry> metrics_;
  std::unique_ptr<ViewFeed> feed_;
};

TEST_F(ViewFeedTest, CatchingUpGivesTheViewOfFollowingAllAlong) {
  StartFeed();
  for (int round = 1; round <= 5; ++round) {
    PublishRound(round);
    CatchUp();
  }
  Publish({{"item-7", std::nullopt}});
  CatchUp();
  const auto followed = feed_->Latest();
  EXPECT_EQ(followed->ItemCount(), 99U);
  StartFeed();
  ExpectSame(*feed_->Latest(), *followed);
}

TEST_F(ViewFeedTest, ACheckpointSparesReadingWhatItHolds) {
  const std::string checkpoint = folder_.path() + "/state/item-view";
  PublishRound(1);
  PublishRound(2);
  StartFeed(checkpoint);
  EXPECT_EQ(RecordsRead(), 202U);
  feed_->Close();
  Publish({{"item-1", Item("item-1", 9'000)}, {"item-2", std::nullopt}});
  StartFeed(checkpoint);
  EXPECT_EQ(RecordsRead(), 2U);
  const auto continued = feed_->Latest();
  StartFeed();
  EXPECT_EQ(RecordsRead(), 204U);
  ExpectSame(*continued, *feed_->Latest());
}

TEST_F(ViewFeedTest, ADamagedCheckpointIsPassedOver) {
  const std::string checkpoint = folder_.path() + "/state/item-view";
  PublishRound(1);
  StartFeed(checkpoint);
  feed_->Close();
  std::filesystem::resize_file(checkpoint, std::filesystem::file_size(checkpoint) - 5);
  StartFeed(checkpoint);
  EXPECT_EQ(RecordsRead(), 101U);
  EXPECT_EQ(feed_->Latest()->ItemCount(), 100U);
  EXPECT_EQ(metrics_->GetCounter("freshet_item_view_checkpoints_failed_total", "").Value(), 1U);
}

TEST_F(ViewFeedTest, ACheckpointOfAnotherTopicIsPassedOver) {
  const std::string checkpoint = folder_.path() + "/state/item-view";
  PublishRound(1);
  StartFeed(checkpoint);
  feed_->Close();
  ASSERT_TRUE(log_->Delete(kTopic).ok());
  TopicSpec spec;
  spec.name = kTopic;
  spec.partitions = kPartitions;
  ASSERT_TRUE(log_->Create(spec).ok());
  PublishRound(2);
  PublishRound(3);
  StartFeed(checkpoint);
  EXPECT_EQ(RecordsRead(), 202U);
  EXPECT_FALSE(std::filesystem::exists(checkpoint)) << "it could seem to fit later";
}

TEST_F(ViewFeedTest, ACheckpointOfAnotherHistoryOfTheTopicIsPassedOver) {
  const std::string checkpoint = folder_.path() + "/state/item-view";
  PublishRound(1);
  log_.reset();
  std::filesystem::copy(folder_.path() + "/log", folder_.path() + "/older",
                        std::filesystem::copy_options::recursive);
  log_ = std::move(*EmbeddedLog::Open(folder_.path() + "/log", {}));
  PublishRound(2);
  StartFeed(checkpoint);
  feed_->Close();
  feed_.reset();
  // The topic as it was before the second round, which then goes another way and farther.
  log_ = std::move(*EmbeddedLog::Open(folder_.path() + "/older", {}));
  PublishRound(3);
  PublishRound(4);
  StartFeed(checkpoint);
  EXPECT_EQ(RecordsRead(), 303U);
  EXPECT_FALSE(std::filesystem::exists(checkpoint));
}

}  // namespace
}  // namespace freshet::test
