#include "engine/restore_buffer.h"

#include <gtest/gtest.h>

#include <map>

#include "service_fixture.h"
#include "state/keys.h"

namespace freshet::test {
namespace {

using Reference = std::map<std::string, std::string>;

class RestoreBufferTest : public ::testing::Test {
 protected:
  void Open() {
    store_.reset();
    TaskStoreOptions options;
    options.path = folder_.path() + "/task";
    options.identity = {"test", "user", {0}, "cluster", "changelog"};
    auto opened = TaskStore::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }
  /// Batches of `size` changes over `keys` keys, a tenth of them deletions.
  void Write(int batches, int size, int keys) {
    for (int batch = 0; batch < batches; ++batch) {
      ProgressRecord progress;
      progress.epoch = 1;
      progress.seq = ++seq_;
      BatchChecksum checksum;
      for (int i = 0; i < size; ++i) {
        const std::int64_t number = (std::int64_t{batch} * size + i) * 7919 % keys;
        Change(fmt::format("u{:06}", number), i % 10 == 3, checksum);
      }
      progress.changelog_records = checksum.Count();
      progress.changelog_crc = checksum.Value();
      Append(std::string(kProgressKey), progress.Encode());
    }
  }
  void Change(const std::string& key, bool gone, BatchChecksum& checksum) {
    std::optional<std::string> value;
    if (!gone) value = fmt::format("{}-{}-{}", key, seq_, std::string(200, 'x'));
    checksum.Add(key, value);
    Append(key, value);
    if (value) {
      reference_[key] = *value;
    } else {
      reference_.erase(key);
    }
  }
  void Append(const std::string& key, std::optional<std::string> value) {
    Record record;
    record.offset = {static_cast<std::int64_t>(changelog_.size())};
    record.key = key;
    record.value = std::move(value);
    changelog_.push_back(std::move(record));
  }
  std::int64_t Start() const { return store_->LastCommit() ? store_->LastCommit()->changelog_next.value : 0; }
  /// Reads what the store lacks.
  void Restore() {
    std::optional<ProgressRecord> last;
    if (store_->LastCommit()) last = *ProgressRecord::Decode(store_->LastCommit()->progress);
    RestoreBuffer buffer(*store_, last, {.start = {Start()}, .first_bytes_max = 1});
    for (auto at = static_cast<std::size_t>(Start()); at < changelog_.size(); ++at) {
      const auto added = buffer.Add(changelog_[at]);
      ASSERT_TRUE(added.ok()) << added.error().message;
    }
    const auto finished = buffer.Finish();
    ASSERT_TRUE(finished.ok()) << finished.error().message;
    EXPECT_EQ(buffer.refused() + buffer.unfinished(), 0U);
  }
  void ExpectRestored() {
    for (int time = 0; time < 2; ++time) {
      ASSERT_TRUE(store_->LastCommit());
      EXPECT_EQ(store_->LastCommit()->seq, seq_);
      EXPECT_EQ(Start(), static_cast<std::int64_t>(changelog_.size()));
      Reference found;
      ASSERT_TRUE(store_
                      ->ForEach("",
                                [&](std::string_view key, std::string_view value) {
                                  found.emplace(key, value);
                                  return true;
                                })
                      .ok());
      EXPECT_EQ(found, reference_);
      Open();
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<TaskStore> store_;
  std::vector<Record> changelog_;
  Reference reference_;
  std::uint64_t seq_ = 0;
};

TEST_F(RestoreBufferTest, FillsAnEmptyStoreAndThenItsTail) {
  Open();
  Write(20, 500, 3'000);
  Restore();
  ExpectRestored();
  Write(2, 50, 3'000);
  Restore();
  ExpectRestored();
}

TEST_F(RestoreBufferTest, FillsAStoreInSeveralPortions) {
  Open();
  Write(60, 5'000, 200'000);  // about 100 MB: more than one portion
  Restore();
  ExpectRestored();
}

TEST_F(RestoreBufferTest, AnEmptyChangelogLeavesAnEmptyStore) {
  Open();
  Restore();
  EXPECT_FALSE(store_->LastCommit());
}

}  // namespace
}  // namespace freshet::test
