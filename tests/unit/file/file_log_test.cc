#include "connectors/file/file_log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace freshet {
namespace {

class FileLogTest : public testing::TestWithParam<Compression> {
 protected:
  FileLogTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-filelog-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/log";
  }
  ~FileLogTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<FileLog>> Open() {
    FileLogOptions options;
    options.compression = GetParam();
    options.sync = false;
    return FileLog::Open(path_, options);
  }
  static void Create(Log& log, std::int32_t partitions) {
    TopicSpec spec;
    spec.name = "topic";
    spec.partitions = partitions;
    ASSERT_TRUE(log.Create(spec).ok());
  }
  /// One transaction with `value` in each of two partitions.
  static bool CommitPair(Log& log, const std::string& value) {
    auto writer = log.OpenWriter({"w", {}, {}});
    if (!(*writer)->Initialise().ok() || !(*writer)->Begin().ok()) return false;
    for (std::int32_t i = 0; i < 2; ++i) {
      OutputRecord record;
      record.to = {"topic", {i}};
      record.value = value;
      if (!(*writer)->Append(record).ok()) return false;
    }
    return (*writer)->Commit().ok();
  }
  static std::vector<std::string> ValuesOf(Log& log, std::int32_t partition) {
    auto reader = log.OpenReader({});
    EXPECT_TRUE((*reader)->Assign({{{"topic", {partition}}, {0}}}).ok());
    std::vector<std::string> values;
    while (true) {
      const auto polled = (*reader)->Poll(std::chrono::milliseconds(0), {});
      EXPECT_TRUE(polled.ok()) << polled.error().message;
      if (!polled.ok()) return values;
      for (const auto& record : polled->records) values.push_back(*record.value);
      if (!polled->ends.empty()) return values;
    }
  }
  std::string FileOf(std::int32_t partition) const {
    return path_ + "/topic/" + std::to_string(partition) + ".jsonl" +
           std::string(CompressionSuffix(GetParam()));
  }

  /// Commits "second" in a process of its own, which reads FRESHET_FAIL when it starts; how it ended.
  int CommitInAProcessThat(const std::string& fail) const {
    const std::string here = testing::UnitTest::GetInstance()->current_test_info()->name();
    const std::string filter =
        "--gtest_filter=Formats/FileLogTest.DISABLED_CommitsOnceMore" + here.substr(here.rfind('/'));
    const pid_t child = fork();
    if (child == 0) {
      setenv("FRESHET_FAIL", fail.c_str(), 1);
      setenv("FRESHET_FILE_LOG", path_.c_str(), 1);
      setenv("TMPDIR", directory_.c_str(), 1);  // what a killed fixture leaves goes with this one
      execl("/proc/self/exe", "unit_file", "--gtest_also_run_disabled_tests", filter.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  std::string directory_;
  std::string path_;
};

TEST_P(FileLogTest, CutsOffATransactionThatWasNotCommitted) {
  auto log = Open();
  ASSERT_TRUE(log.ok());
  Create(**log, 2);
  ASSERT_TRUE(CommitPair(**log, "first"));
  const auto committed = std::filesystem::file_size(FileOf(0));
  log->reset();
  // As a process leaves it that dies between the files and the manifest: a whole block, and a torn one.
  std::filesystem::copy_file(path_ + "/freshet-log", directory_ + "/manifest");
  log = Open();
  ASSERT_TRUE(CommitPair(**log, "second"));
  log->reset();
  std::filesystem::copy_file(directory_ + "/manifest", path_ + "/freshet-log",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(FileOf(1), std::filesystem::file_size(FileOf(1)) - 7);

  log = Open();
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(std::filesystem::file_size(FileOf(0)), committed);
  EXPECT_EQ(ValuesOf(**log, 0), (std::vector<std::string>{"first"}));
  EXPECT_EQ(ValuesOf(**log, 1), (std::vector<std::string>{"first"}));
  ASSERT_TRUE(CommitPair(**log, "third"));
  EXPECT_EQ(ValuesOf(**log, 1), (std::vector<std::string>{"first", "third"}));
}

TEST_P(FileLogTest, KeepsWholeTransactionsWhenKilled) {
  {
    auto log = Open();
    ASSERT_TRUE(log.ok());
    Create(**log, 2);
  }
  for (const int commits : {1, 7, 30}) {
    int progress[2];
    ASSERT_EQ(pipe(progress), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto log = Open();
      for (std::uint64_t i = 0;; ++i) {
        if (!CommitPair(**log, std::to_string(i)) || write(progress[1], "c", 1) != 1) _exit(1);
      }
    }
    close(progress[1]);  // a child that dies early ends the wait
    char byte = 0;
    for (int i = 0; i < commits; ++i) ASSERT_EQ(read(progress[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(progress[0]);
    auto log = Open();
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_GE(ValuesOf(**log, 0).size(), static_cast<std::size_t>(commits));
    EXPECT_EQ(ValuesOf(**log, 0), ValuesOf(**log, 1));
  }
}

// No test of its own: what AKillInACommitLeavesAllOfItOrNothing runs as another process.
TEST_P(FileLogTest, DISABLED_CommitsOnceMore) {
  const char* given = std::getenv("FRESHET_FILE_LOG");
  ASSERT_NE(given, nullptr);
  path_ = given;
  auto log = Open();
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_TRUE(CommitPair(**log, "second"));
}

TEST_P(FileLogTest, AKillInACommitLeavesAllOfItOrNothing) {
  {
    auto log = Open();
    ASSERT_TRUE(log.ok());
    Create(**log, 2);
    ASSERT_TRUE(CommitPair(**log, "first"));
  }
  std::vector<std::string> expected = {"first"};
  for (const std::string point : {"file.commit.before", "file.commit.after"}) {
    const int status = CommitInAProcessThat(point + ":1:kill");
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " ended with " << status;
    if (point == "file.commit.after") expected.push_back("second");
    const auto log = Open();
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_EQ(ValuesOf(**log, 0), expected) << point;
    EXPECT_EQ(ValuesOf(**log, 1), expected) << point;
  }
  const auto log = Open();
  ASSERT_TRUE(CommitPair(**log, "third"));
  expected.push_back("third");
  EXPECT_EQ(ValuesOf(**log, 0), expected);
}

TEST_P(FileLogTest, DamageBeforeTheEndIsCorrupt) {
  auto log = Open();
  Create(**log, 2);
  ASSERT_TRUE(CommitPair(**log, "first"));
  ASSERT_TRUE(CommitPair(**log, "second"));
  log->reset();
  std::fstream(FileOf(0), std::ios::in | std::ios::out | std::ios::binary).seekp(20).write("####", 4);
  const auto opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find(FileOf(0)), std::string::npos) << opened.error().message;
}

TEST_P(FileLogTest, ASecondOpenIsRefused) {
  const auto first = Open();
  const auto second = Open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
}

TEST_P(FileLogTest, AForeignDirectoryIsRefused) {
  std::filesystem::create_directories(path_);
  std::ofstream(path_ + "/letters.txt") << "hello";
  EXPECT_EQ(Open().error().code, ErrorCode::kUnsupported);
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
  std::ofstream(path_ + "/freshet-log") << "freshet-file-log 2\n";
  EXPECT_EQ(Open().error().code, ErrorCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(Formats, FileLogTest,
                         testing::Values(Compression::kNone, Compression::kGzip, Compression::kZstd));

}  // namespace
}  // namespace freshet
