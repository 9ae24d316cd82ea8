#include "state/task_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "state/digest.h"
#include "store_fixture.h"

namespace freshet {
namespace {

class TaskStoreTest : public ::testing::Test {
 protected:
  void Open() { store_ = MustOpen(options_); }
  void Reopen() {
    store_.reset();
    Open();
  }
  void CommitPut(std::string_view key, std::string_view value) {
    Overlay overlay(*store_);
    overlay.Put(key, value);
    Must(store_->Apply(overlay, PointAt(++seq_)));
  }
  static void Must(const Result<void>& result) { ASSERT_TRUE(result.ok()) << result.error().message; }
  ErrorCode OpenFailsWith(const TaskStoreOptions& options) {
    auto opened = TaskStore::Open(options);
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? ErrorCode::kCancelled : opened.error().code;
  }
  std::optional<std::string> Read(std::string_view key) {
    auto read = store_->Read(key);
    EXPECT_TRUE(read.ok());
    if (!read.ok() || !*read) return std::nullopt;
    return std::string(**read);
  }

  TemporaryDirectory directory_;
  TaskStoreOptions options_ = StoreAt(directory_.Sub("task"));
  std::unique_ptr<TaskStore> store_;
  std::uint64_t seq_ = 0;
};

TEST_F(TaskStoreTest, StartsEmpty) {
  Open();
  EXPECT_FALSE(store_->LastCommit());
  EXPECT_EQ(Read("a"), std::nullopt);
  EXPECT_TRUE(Dump(*store_).empty());
}

TEST_F(TaskStoreTest, KeepsABatchAndItsCommitPointTogether) {
  Open();
  CommitPut("a", "1");
  CommitPut("b", "2");
  Reopen();
  EXPECT_EQ(*store_->LastCommit(), PointAt(2));
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("b"), "2");
  EXPECT_EQ(Dump(*store_).size(), 2U) << "reserved keys are not part of the state";
}

TEST_F(TaskStoreTest, LosesNoCommittedBatchWhenKilled) {
  Open();
  CommitPut("a", "1");
  CommitPut("a", "2");
  CopyAsAfterKill(options_.path, directory_.Sub("killed"));
  const auto survivor = MustOpen(StoreAt(directory_.Sub("killed")));
  EXPECT_EQ(*survivor->LastCommit(), PointAt(2));
  EXPECT_EQ(Dump(*survivor).at("a"), "2");
}

TEST_F(TaskStoreTest, ServesRepeatedReadsFromMemory) {
  Open();
  CommitPut("a", "1");
  Reopen();
  Read("a");
  Read("absent");
  const std::uint64_t misses = store_->MemoryMisses();
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("absent"), std::nullopt);
  EXPECT_EQ(store_->MemoryMisses(), misses);
}

TEST_F(TaskStoreTest, RefusesASecondOwner) {
  Open();
  auto second = TaskStore::Open(options_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  EXPECT_FALSE(QuarantineDirectory(options_.path).ok());
  Reopen();
  EXPECT_TRUE(store_);
}

TEST_F(TaskStoreTest, RefusesAForeignDirectory) {
  Open();
  store_.reset();
  for (int field = 0; field < 5; ++field) {
    TaskStoreOptions foreign = options_;
    if (field == 0) foreign.identity.app = "other";
    if (field == 1) foreign.identity.operator_name = "item";
    if (field == 2) foreign.identity.partition = {4};
    if (field == 3) foreign.identity.cluster_id = "cluster-b";
    if (field == 4) foreign.identity.changelog_topic_id = "topic-2";
    EXPECT_EQ(OpenFailsWith(foreign), ErrorCode::kInvalidArgument) << field;
  }
  TaskStoreOptions without_topic_id = options_;
  without_topic_id.identity.changelog_topic_id.clear();
  EXPECT_TRUE(MustOpen(without_topic_id));
}

TEST_F(TaskStoreTest, RefusesANewerFormatBeforeItTouchesTheDatabase) {
  std::filesystem::create_directories(options_.path);
  std::ofstream(options_.path + "/FORMAT") << "format=2\nwhatever=else\n";
  EXPECT_EQ(OpenFailsWith(options_), ErrorCode::kUnsupported);
  EXPECT_FALSE(std::filesystem::exists(options_.path + "/db"));
}

TEST_F(TaskStoreTest, RefusesADamagedOrMissingFormat) {
  Open();
  store_.reset();
  std::ofstream(options_.path + "/FORMAT") << "format=1\napp=shop\n";
  EXPECT_EQ(OpenFailsWith(options_), ErrorCode::kCorrupt);
  std::filesystem::remove(options_.path + "/FORMAT");
  EXPECT_EQ(OpenFailsWith(options_), ErrorCode::kCorrupt);
}

TEST_F(TaskStoreTest, SetsDirectoriesAsideUnderNewNames) {
  for (int n = 1; n <= 2; ++n) {
    Open();
    seq_ = 0;
    CommitPut("a", std::to_string(n));
    auto name = TaskStore::Quarantine(std::move(store_));
    ASSERT_TRUE(name.ok()) << name.error().message;
    EXPECT_EQ(*name, options_.path + ".quarantine-" + std::to_string(n));
  }
  Open();
  EXPECT_FALSE(store_->LastCommit());
  EXPECT_EQ(ReadStateIdentity(options_.path + ".quarantine-1")->app, "shop");
}

TEST_F(TaskStoreTest, AppliesARestoredTailWithGapsInItsSequence) {
  Open();
  CommitPut("a", "1");
  CommitPut("b", "2");
  Read("b");
  const std::vector<RestoredEntry> tail = {{"a", "new"}, {"b", std::nullopt}, {"c", "3"}};
  Must(store_->ApplyRestored(tail, PointAt(9)));
  EXPECT_EQ(Read("b"), std::nullopt);
  Reopen();
  EXPECT_EQ(store_->LastCommit()->seq, 9U);
  EXPECT_EQ(Dump(*store_), (std::map<std::string, std::string>{{"a", "new"}, {"c", "3"}}));
}

TEST_F(TaskStoreTest, LoadsAnEmptyStoreInPortions) {
  Open();
  EXPECT_EQ(Read("a"), std::nullopt);
  const std::vector<RestoredEntry> first = {{"a", "1"}, {"b", std::nullopt}, {"c", "1"}};
  const std::vector<RestoredEntry> second = {{"a", std::nullopt}, {"c", "2"}, {"d", "2"}};
  Must(store_->LoadRestored(first, PointAt(3)));
  EXPECT_EQ(Read("a"), "1");
  Must(store_->LoadRestored(second, PointAt(7)));
  EXPECT_EQ(Read("a"), std::nullopt);
  Must(store_->Flush());
  CopyAsAfterKill(options_.path, directory_.Sub("killed"));
  const auto survivor = MustOpen(StoreAt(directory_.Sub("killed")));
  EXPECT_EQ(*survivor->LastCommit(), PointAt(7));
  EXPECT_EQ(Dump(*survivor), (std::map<std::string, std::string>{{"c", "2"}, {"d", "2"}}));
}

TEST_F(TaskStoreTest, LoadsAPortionOfTombstonesAlone) {
  Open();
  const std::vector<RestoredEntry> gone = {{"a", std::nullopt}};
  Must(store_->LoadRestored(gone, PointAt(2)));
  Must(store_->Flush());
  Reopen();
  EXPECT_EQ(*store_->LastCommit(), PointAt(2));
  EXPECT_TRUE(Dump(*store_).empty());
}

TEST_F(TaskStoreTest, DropsALoadThatWasKilled) {
  Open();
  const std::vector<RestoredEntry> entries = {{"a", "1"}, {"b", "2"}};
  Must(store_->LoadRestored(entries, PointAt(1)));
  CopyAsAfterKill(options_.path, directory_.Sub("killed"));
  const auto survivor = MustOpen(StoreAt(directory_.Sub("killed")));
  EXPECT_FALSE(survivor->LastCommit());
  EXPECT_TRUE(Dump(*survivor).empty());
  const std::vector<RestoredEntry> again = {{"c", "3"}};
  Must(survivor->LoadRestored(again, PointAt(1)));
  EXPECT_EQ(Dump(*survivor).size(), 1U);
}

TEST_F(TaskStoreTest, WalksAPrefixInOrder) {
  Open();
  for (const char* key : {"u/b", "u/a", "v/c", "t/z"}) CommitPut(key, "x");
  std::vector<std::string> keys;
  Must(store_->ForEach("u/", [&keys](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  EXPECT_EQ(keys, (std::vector<std::string>{"u/a", "u/b"}));
}

TEST_F(TaskStoreTest, DigestDependsOnContentOnly) {
  Open();
  CommitPut("a", "1");
  CommitPut("b", "2");
  CommitPut("a", "3");
  const StateDigest first = *DigestOf(*store_);
  options_.path = directory_.Sub("other");
  seq_ = 0;
  Reopen();
  CommitPut("b", "2");
  EXPECT_NE(*DigestOf(*store_), first);
  CommitPut("a", "3");
  EXPECT_EQ(*DigestOf(*store_), first);
  EXPECT_EQ(first.Entries(), 2U);
  EXPECT_EQ(first.Bytes(), 4U);
}

using TaskStoreDeathTest = TaskStoreTest;

TEST_F(TaskStoreDeathTest, RefusesABatchOutOfSequence) {
  // RocksDB runs threads: the child must start afresh instead of forking among them.
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  Open();
  CommitPut("a", "1");
  Overlay overlay(*store_);
  EXPECT_DEATH((void)store_->Apply(overlay, PointAt(3)), "Follows");
  EXPECT_DEATH((void)store_->Apply(overlay, PointAt(1)), "Follows");
}

}  // namespace
}  // namespace freshet
