// What the embedded log promises beyond the contract: crashes, other processes, bounds, formats.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/random.h"
#include "connectors/embedded/chunk.h"
#include "connectors/embedded/embedded_log.h"
#include "storage/database.h"

// ThreadSanitizer cannot follow threads that start after a fork.
#if defined(__SANITIZE_THREAD__)
#define FRESHET_FORKS() GTEST_SKIP() << "forks, which ThreadSanitizer does not support"
#else
#define FRESHET_FORKS() static_cast<void>(0)
#endif

namespace freshet {
namespace {

class EmbeddedStorage : public testing::Test {
 protected:
  EmbeddedStorage() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-embedded-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/log";
    options_.maintenance_interval = std::chrono::milliseconds(0);
  }
  ~EmbeddedStorage() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<EmbeddedLog> Open() {
    auto opened = EmbeddedLog::Open(path_, options_);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }
  static void Create(Log& log, Cleanup cleanup = Cleanup::kDelete,
                     std::map<std::string, std::string> settings = {}) {
    TopicSpec spec;
    spec.name = "topic";
    spec.partitions = 2;
    spec.cleanup = cleanup;
    spec.settings = std::move(settings);
    const auto created = log.Create(spec);
    ASSERT_TRUE(created.ok()) << created.error().message;
  }
  static std::unique_ptr<Writer> NewWriter(Log& log) {
    WriterOptions options;
    options.transactional_id = "w";
    auto writer = log.OpenWriter(options);
    EXPECT_TRUE((*writer)->Initialise().ok());
    return std::move(*writer);
  }
  static OutputRecord MakeRecord(const std::string& key, std::optional<std::string> value,
                                 std::int32_t partition = 0) {
    OutputRecord record;
    record.to = {"topic", {partition}};
    record.key = key;
    record.value = std::move(value);
    record.timestamp = Timestamp{1'700'000'000'000};
    return record;
  }
  static Result<CommitReceipt> Commit(Writer& writer, std::vector<OutputRecord> records) {
    FRESHET_CHECK(writer.Begin());
    for (auto& record : records) FRESHET_CHECK(writer.Append(std::move(record)));
    return writer.Commit();
  }
  static std::vector<Record> ReadAll(Log& log, std::int32_t partition = 0) {
    auto reader = log.OpenReader({});
    EXPECT_TRUE((*reader)->Assign({{{"topic", {partition}}, {0}}}).ok());
    std::vector<Record> records;
    while (true) {
      auto polled = (*reader)->Poll(std::chrono::milliseconds(0), {});
      EXPECT_TRUE(polled.ok()) << polled.error().message;
      if (!polled.ok()) return records;
      for (auto& record : polled->records) records.push_back(std::move(record));
      if (!polled->ends.empty()) return records;
    }
  }
  static void Maintain(EmbeddedLog& log) {
    for (bool more = true; more;) {
      const auto step = log.Maintain({1'700'000'000'000});
      ASSERT_TRUE(step.ok()) << step.error().message;
      more = *step;
    }
  }

  std::string directory_;
  std::string path_;
  EmbeddedOptions options_;
};

TEST_F(EmbeddedStorage, KeepsWholeTransactionsWhenKilled) {
  FRESHET_FORKS();
  Create(*Open());
  for (const int commits : {1, 10, 100}) {
    int progress[2];
    ASSERT_EQ(pipe(progress), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto log = EmbeddedLog::Open(path_, options_);
      const auto writer = NewWriter(**log);
      for (int i = 0;; ++i) {
        const auto done =
            Commit(*writer, {MakeRecord("k", std::to_string(i)), MakeRecord("k", std::to_string(i), 1)});
        if (!done.ok() || write(progress[1], "c", 1) != 1) _exit(1);
      }
    }
    close(progress[1]);  // a child that dies early ends the wait
    char byte = 0;
    for (int i = 0; i < commits; ++i) ASSERT_EQ(read(progress[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(progress[0]);
    const auto log = Open();
    const auto first = ReadAll(*log, 0);
    EXPECT_GE(first.size(), static_cast<std::size_t>(commits));
    EXPECT_EQ(first.size(), ReadAll(*log, 1).size());
    for (std::size_t i = 0; i < first.size(); ++i)
      EXPECT_EQ(first[i].offset.value, static_cast<std::int64_t>(i));
  }
}

TEST_F(EmbeddedStorage, ALiveReaderThatFallsBehindTheTailReadsOnFromDisk) {
  options_.tail_bytes_max = 4 << 10;
  options_.chunk_bytes_max = 1 << 10;
  const auto log = Open();
  Create(*log);
  const auto writer = NewWriter(*log);
  auto reader = log->OpenReader({});
  ASSERT_TRUE((*reader)->Assign({{{"topic", {0}}, {0}}}).ok());
  Random random(3);
  std::int64_t written = 0;
  std::int64_t next = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<OutputRecord> records;
    for (std::uint64_t i = random.Below(20) + 1; i > 0; --i) {
      records.push_back(MakeRecord("k", std::to_string(written++) + std::string(random.Below(200), ' ')));
    }
    ASSERT_TRUE(Commit(*writer, records).ok());
    const auto polled = (*reader)->Poll(std::chrono::milliseconds(0), {random.Below(30) + 1, 8 << 20});
    ASSERT_TRUE(polled.ok());
    for (const auto& record : polled->records) {
      ASSERT_EQ(record.offset.value, next);
      ASSERT_EQ(std::stoll(*record.value), next);
      ++next;
    }
  }
  EXPECT_EQ(ReadAll(*log).size(), static_cast<std::size_t>(written));
}

TEST_F(EmbeddedStorage, CompactionLeavesWhatAMapWouldHold) {
  options_.chunk_bytes_max = 2 << 10;
  options_.maintenance_bytes_max = 3 << 10;  // many small steps
  auto log = Open();
  Create(*log, Cleanup::kCompact, {{"min.cleanable.dirty.ratio", "0.0"}, {"delete.retention.ms", "0"}});
  Random random(11);
  std::map<std::string, std::string> expected;
  std::uint64_t made = 0;
  for (int round = 0; round < 30; ++round) {
    const auto writer = NewWriter(*log);
    std::vector<OutputRecord> records;
    for (int i = 0; i < 100; ++i) {
      const auto key = "key" + std::to_string(random.Below(60));
      if (random.Chance(0.2)) {
        records.push_back(MakeRecord(key, std::nullopt));
        expected.erase(key);
      } else {
        const auto value = std::to_string(made++);
        records.push_back(MakeRecord(key, value));
        expected[key] = value;
      }
    }
    ASSERT_TRUE(Commit(*writer, records).ok());
    if (random.Chance(0.5)) {
      ASSERT_TRUE(log->Maintain({1'700'000'000'000}).ok());
    } else {
      Maintain(*log);
    }
  }
  Maintain(*log);
  log.reset();
  log = Open();
  std::map<std::string, std::string> found;
  std::int64_t last = -1;
  const auto records = ReadAll(*log);
  for (const auto& record : records) {
    EXPECT_GT(record.offset.value, last);
    last = record.offset.value;
    if (record.value) {
      found[*record.key] = *record.value;
    } else {
      found.erase(*record.key);
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_LE(records.size(), 60U);
}

/// Bytes that packing cannot shorten: retention counts what is stored.
std::string Noise(std::size_t bytes, Random& random) {
  std::string noise(bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random.Next());
  return noise;
}

TEST_F(EmbeddedStorage, RetentionByBytesBoundsAPartition) {
  options_.chunk_bytes_max = 1 << 10;
  const auto log = Open();
  Create(*log, Cleanup::kDelete, {{"retention.bytes", "10000"}});
  const auto writer = NewWriter(*log);
  Random random(5);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Commit(*writer, {MakeRecord("k", Noise(1'000, random))}).ok());
  Maintain(*log);
  const auto marks = log->QueryWatermarks({"topic", {0}}, Isolation::kReadCommitted);
  ASSERT_TRUE(marks.ok());
  EXPECT_EQ(marks->high.value, 100);
  EXPECT_GT(marks->low.value, 88);
  EXPECT_LT(marks->low.value, 100);
}

TEST_F(EmbeddedStorage, ADeletedTopicGivesItsSpaceBack) {
  const auto log = Open();
  Create(*log);
  const auto writer = NewWriter(*log);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(Commit(*writer, {MakeRecord("k", std::string(100'000, 'v'))}).ok());
  ASSERT_TRUE(log->Delete("topic").ok());
  Maintain(*log);
  Create(*log);
  EXPECT_TRUE(ReadAll(*log).empty());
  ASSERT_TRUE(Commit(*writer, {MakeRecord("k", "again")}).ok());
  EXPECT_EQ(ReadAll(*log).size(), 1U);
}

TEST_F(EmbeddedStorage, BoundsAnOpenTransaction) {
  options_.transaction_bytes_max = 10'000;
  const auto log = Open();
  Create(*log);
  const auto writer = NewWriter(*log);
  ASSERT_TRUE(writer->Begin().ok());
  ASSERT_TRUE(writer->Append(MakeRecord("k", std::string(9'000, 'v'))).ok());
  const auto refused = writer->Append(MakeRecord("k", std::string(2'000, 'v')));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("transaction_bytes_max"), std::string::npos);
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(ReadAll(*log).size(), 1U);
}

TEST_F(EmbeddedStorage, EpochsSurviveAReopen) {
  auto log = Open();
  Create(*log);
  for (int i = 0; i < 3; ++i) {
    const auto old_writer = NewWriter(*log);
    const auto new_writer = NewWriter(*log);
    EXPECT_EQ(Commit(*old_writer, {MakeRecord("k", "v")}).error().code, ErrorCode::kFenced);
    EXPECT_TRUE(Commit(*new_writer, {MakeRecord("k", "v")}).ok());
  }
  log.reset();
  log = Open();
  EXPECT_EQ(ReadAll(*log).size(), 3U);
}

TEST_F(EmbeddedStorage, AReadOnlyLogFollowsTheOwner) {
  const auto log = Open();
  Create(*log);
  const auto writer = NewWriter(*log);
  ASSERT_TRUE(Commit(*writer, {MakeRecord("k", "1")}).ok());
  auto follower = EmbeddedLog::OpenReadOnly(path_);
  ASSERT_TRUE(follower.ok()) << follower.error().message;
  EXPECT_EQ(*(*follower)->ClusterId(), *log->ClusterId());
  auto reader = (*follower)->OpenReader({});
  ASSERT_TRUE((*reader)->Assign({{{"topic", {0}}, {0}}}).ok());
  std::size_t seen = 0;
  for (std::size_t wanted = 1; wanted <= 5; ++wanted) {
    for (int poll = 0; poll < 100 && seen < wanted; ++poll) {
      const auto polled = (*reader)->Poll(std::chrono::milliseconds(100), {});
      ASSERT_TRUE(polled.ok()) << polled.error().message;
      seen += polled->records.size();
    }
    EXPECT_EQ(seen, wanted);
    ASSERT_TRUE(Commit(*writer, {MakeRecord("k", "next")}).ok());
  }
  EXPECT_EQ((*follower)->OpenWriter({}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ((*follower)->Create({}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ((*follower)->Delete("topic").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ((*follower)->Join({}).error().code, ErrorCode::kUnsupported);
}

TEST_F(EmbeddedStorage, RefusesForeignAndNewerDirectories) {
  EXPECT_EQ(EmbeddedLog::OpenReadOnly(path_).error().code, ErrorCode::kNotFound);
  const auto write = [&](std::string_view key, std::string_view value) {
    auto database = Database::Open(path_, {});
    WriteSet set;
    set.Put(key, value);
    ASSERT_TRUE((*database)->Write(std::move(set), false).ok());
  };
  write("F", "\x02id");
  const auto newer = EmbeddedLog::Open(path_, options_);
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(newer.error().message.find("format 2"), std::string::npos) << newer.error().message;
  ASSERT_TRUE(Database::Destroy(path_).ok());
  write("something", "else");
  EXPECT_EQ(EmbeddedLog::Open(path_, options_).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(EmbeddedLog::Open("/usr/include", options_).error().code, ErrorCode::kUnsupported);
}

TEST_F(EmbeddedStorage, TheUpkeepThreadExpiresByItself) {
  options_.maintenance_interval = std::chrono::milliseconds(1);
  options_.sync_interval = std::chrono::milliseconds(1);
  const auto log = Open();
  Create(*log, Cleanup::kDelete, {{"retention.bytes", "0"}});
  const auto writer = NewWriter(*log);
  ASSERT_TRUE(Commit(*writer, {MakeRecord("k", "v")}).ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  Watermarks marks;
  while (marks.low.value == 0 && std::chrono::steady_clock::now() < deadline) {
    marks = *log->QueryWatermarks({"topic", {0}}, Isolation::kReadCommitted);
  }
  EXPECT_EQ(marks.low.value, 1);
}

TEST(EmbeddedChunk, ADamagedByteIsFound) {
  embedded::ChunkBuilder builder;
  embedded::RecordView record;
  record.value = "value";
  record.headers = std::string_view("\0", 1);
  builder.Add(0, record);
  builder.Add(3, record);
  const std::string chunk = builder.Finish();
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    auto bytes = chunk;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    const auto opened = embedded::ChunkReader::Open(std::make_shared<const std::string>(bytes), 0,
                                                    embedded::ChunkReader::Check::kVerify);
    EXPECT_FALSE(opened.ok()) << "byte " << i;
  }
}

}  // namespace
}  // namespace freshet
