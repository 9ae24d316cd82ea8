#include "storage/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

// ThreadSanitizer cannot follow threads that start after a fork.
#if defined(__SANITIZE_THREAD__)
#define FRESHET_FORKS() GTEST_SKIP() << "forks, which ThreadSanitizer does not support"
#else
#define FRESHET_FORKS() static_cast<void>(0)
#endif

namespace freshet {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-storage-XXXXXX").string();
    path_ = std::string(mkdtemp(pattern.data())) + "/db";
  }
  ~DatabaseTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  std::unique_ptr<Database> Open() {
    auto opened = Database::Open(path_, {});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }
  static void Put(Database& database, std::string_view key, std::string_view value) {
    WriteSet set;
    set.Put(key, value);
    const auto written = database.Write(std::move(set), false);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  static std::string Get(const Database& database, std::string_view key) {
    const auto value = database.Get(key);
    EXPECT_TRUE(value.ok());
    return value->value_or("<absent>");
  }

  std::string path_;
};

TEST_F(DatabaseTest, AppliesAWriteSetAsOne) {
  auto database = Open();
  Put(*database, "old", "1");
  WriteSet set;
  set.Put("a", "1");
  set.Put(std::string("b\0c", 3), std::string("\xff\0", 2));
  set.Delete("old");
  EXPECT_EQ(set.Count(), 3U);
  EXPECT_GT(set.Bytes(), 0U);
  ASSERT_TRUE(database->Write(std::move(set), true).ok());
  EXPECT_EQ(Get(*database, "a"), "1");
  EXPECT_EQ(Get(*database, std::string("b\0c", 3)), std::string("\xff\0", 2));
  EXPECT_EQ(Get(*database, "old"), "<absent>");
}

TEST_F(DatabaseTest, ClearedWriteSetIsEmpty) {
  WriteSet set;
  set.Put("a", "1");
  set.Clear();
  EXPECT_EQ(set.Count(), 0U);
}

TEST_F(DatabaseTest, KeepsDataWhenReopened) {
  Put(*Open(), "key", "value");
  EXPECT_EQ(Get(*Open(), "key"), "value");
}

TEST_F(DatabaseTest, KeepsUnsyncedWritesWhenTheProcessIsKilled) {
  FRESHET_FORKS();
  const pid_t child = fork();
  if (child == 0) {
    auto database = Database::Open(path_, {});
    WriteSet set;
    set.Put("key", "value");
    if (!(*database)->Write(std::move(set), false).ok()) _exit(1);
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(Get(*Open(), "key"), "value");
}

TEST_F(DatabaseTest, SecondOpenNamesTheLockedDirectory) {
  auto first = Open();
  const auto second = Database::Open(path_, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(second.error().message.find(path_), std::string::npos) << second.error().message;
}

TEST_F(DatabaseTest, OpenByAnotherProcessNamesTheLockedDirectory) {
  FRESHET_FORKS();
  int ready[2];
  int finish[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(finish), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto database = Database::Open(path_, {});
    char byte = database.ok() ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1 || read(finish[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  close(ready[1]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  const auto second = Database::Open(path_, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists) << second.error().message;
  ASSERT_EQ(write(finish[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
}

TEST_F(DatabaseTest, CursorWalksInByteOrderOverASnapshot) {
  auto database = Open();
  for (const std::string key : {"b", "a", "d"}) Put(*database, key, key + key);
  auto cursor = database->NewCursor();
  Put(*database, "c", "later");
  std::string walked;
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) walked += cursor->Key();
  EXPECT_EQ(walked, "abd");
  cursor->SeekForPrev("c");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->Key(), "b");
  EXPECT_EQ(cursor->Value(), "bb");
  cursor->Prev();
  EXPECT_EQ(cursor->Key(), "a");
  cursor->Prev();
  EXPECT_FALSE(cursor->Valid());
  EXPECT_TRUE(cursor->Status().ok());
}

TEST_F(DatabaseTest, CompactsNothingBeforeItIsTold) {
  DatabaseOptions options;
  options.compaction_later = true;
  auto database = Database::Open(path_, options);
  ASSERT_TRUE(database.ok()) << database.error().message;
  constexpr int kTables = 12;  // far above what starts a compaction
  for (int i = 0; i < kTables; ++i) {
    Put(**database, "key", std::to_string(i));
    ASSERT_TRUE((*database)->Flush().ok());
  }
  const auto tables = [&] {
    const std::filesystem::directory_iterator files(path_);
    return std::count_if(begin(files), end(files),
                         [](const auto& f) { return f.path().extension() == ".sst"; });
  };
  EXPECT_EQ(tables(), kTables);
  ASSERT_TRUE((*database)->StartCompaction().ok());
  while (tables() >= kTables) std::this_thread::yield();
  EXPECT_EQ(Get(**database, "key"), "11");
}

TEST_F(DatabaseTest, ReadsTheSameWhenItsTablesAreCutByRuns) {
  DatabaseOptions options;
  options.write_buffer_bytes = 256 << 10;
  options.runs = {"C", 2};
  const std::string value(1'000, 'v');
  const auto key = [](int run, int number) {
    return "C" + std::to_string(run) + std::to_string(10'000 + number);
  };
  {
    auto database = Database::Open(path_, options);
    ASSERT_TRUE(database.ok()) << database.error().message;
    Put(**database, "A", "in front");
    for (int number = 0; number < 4'000; ++number) {
      for (int run = 0; run < 3; ++run) Put(**database, key(run, number), value);
      Put(**database, "P", std::to_string(number));
    }
  }
  auto database = Open();
  EXPECT_EQ(Get(*database, "A"), "in front");
  EXPECT_EQ(Get(*database, "P"), "3999");
  const auto cursor = database->NewCursor();
  cursor->Seek("C");
  for (int run = 0; run < 3; ++run) {
    for (int number = 0; number < 4'000; ++number, cursor->Next()) {
      ASSERT_TRUE(cursor->Valid());
      ASSERT_EQ(cursor->Key(), key(run, number));
    }
  }
  EXPECT_TRUE(cursor->Status().ok());
}

TEST_F(DatabaseTest, WritesPastTheLogSurviveAFlush) {
  auto database = Open();
  WriteSet set;
  set.Put("key", "value");
  ASSERT_TRUE(database->WriteUnlogged(std::move(set)).ok());
  EXPECT_EQ(Get(*database, "key"), "value");
  ASSERT_TRUE(database->Flush().ok());
  database.reset();
  EXPECT_EQ(Get(*Open(), "key"), "value");
}

TEST_F(DatabaseTest, IngestsSortedKeysIntoAnEmptyDatabase) {
  auto database = Open();
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) {
    char key[16];
    std::snprintf(key, sizeof(key), "key%05d", i);
    keys.emplace_back(key);
  }
  const std::string value(100, 'v');
  std::vector<SortedEntry> sorted;
  for (const std::string& key : keys) sorted.push_back({key, value});
  ASSERT_TRUE(database->Ingest(sorted).ok());
  EXPECT_EQ(Get(*database, "key09999"), std::string(100, 'v'));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/ingest"));
  EXPECT_EQ(database->Ingest(sorted).error().code, ErrorCode::kInvalidArgument);
  database.reset();
  EXPECT_EQ(Get(*Open(), "key00000"), std::string(100, 'v'));
}

TEST_F(DatabaseTest, RefusesToIngestUnsortedKeys) {
  auto database = Open();
  const std::vector<SortedEntry> falling = {{"b", ""}, {"a", ""}};
  const std::vector<SortedEntry> twice = {{"a", ""}, {"a", ""}};
  EXPECT_EQ(database->Ingest(falling).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(database->Ingest(twice).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(database->Ingest({}).ok());
}

TEST_F(DatabaseTest, CheckpointIsADatabaseOfItsOwn) {
  auto database = Open();
  Put(*database, "key", "before");
  const std::string copy = path_ + "-copy";
  ASSERT_TRUE(database->Checkpoint(copy).ok());
  Put(*database, "key", "after");
  EXPECT_EQ(database->Checkpoint(copy).error().code, ErrorCode::kAlreadyExists);
  auto opened = Database::Open(copy, {});
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(Get(**opened, "key"), "before");
}

TEST_F(DatabaseTest, ReadOnlyFollowsTheWriter) {
  auto writer = Open();
  Put(*writer, "key", "1");
  auto reader = Database::OpenReadOnly(path_, {});
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(Get(**reader, "key"), "1");
  Put(*writer, "key", "2");
  ASSERT_TRUE((*reader)->CatchUp().ok());
  EXPECT_EQ(Get(**reader, "key"), "2");
  ASSERT_TRUE(writer->Flush().ok());
  Put(*writer, "key", "3");
  ASSERT_TRUE((*reader)->CatchUp().ok());
  EXPECT_EQ(Get(**reader, "key"), "3");
  WriteSet set;
  set.Put("key", "4");
  EXPECT_EQ((*reader)->Write(std::move(set), false).error().code, ErrorCode::kUnsupported);
}

TEST_F(DatabaseTest, ReadOnlyNeedsADatabase) {
  EXPECT_EQ(Database::OpenReadOnly(path_, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(DatabaseTest, DestroyRemovesTheDirectoryUnlessItIsOpen) {
  auto database = Open();
  EXPECT_EQ(Database::Destroy(path_).error().code, ErrorCode::kAlreadyExists);
  database.reset();
  EXPECT_TRUE(Database::Destroy(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(DatabaseTest, DamagedManifestIsCorrupt) {
  Put(*Open(), "key", "value");
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().filename().string().starts_with("MANIFEST")) {
      std::ofstream(entry.path(), std::ios::in | std::ios::out).seekp(8).write("garbage", 7);
    }
  }
  const auto opened = Database::Open(path_, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message;
}

TEST_F(DatabaseTest, AFullDiskFailsThisAndEveryLaterCall) {
  FRESHET_FORKS();
  const pid_t child = fork();
  if (child == 0) {
    // A file size limit fails writes as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    auto database = Database::Open(path_, {});
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    ErrorCode code = ErrorCode::kUnsupported;
    for (int i = 0; i < 100; ++i) {
      WriteSet set;
      set.Put("key" + std::to_string(i), std::string(64 << 10, static_cast<char>('a' + i % 26)));
      const auto written = (*database)->Write(std::move(set), false);
      if (!written.ok()) code = written.error().code;
    }
    const bool read_fails = !(*database)->Get("key0").ok();
    _exit(code == ErrorCode::kIo && read_fails ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(DatabaseTest, ReportsItsSize) {
  const auto memory = MakeStorageMemory(8 << 20, 4 << 20);
  DatabaseOptions options;
  options.memory = memory;
  options.write_buffer_bytes = 1 << 20;
  auto database = Database::Open(path_, options);
  ASSERT_TRUE(database.ok());
  for (int i = 0; i < 1000; ++i) Put(**database, std::to_string(i), std::string(1000, 'x'));
  EXPECT_GT((*database)->DiskBytes(), 0U);
  EXPECT_GT((*database)->MemoryBytes(), 0U);
  EXPECT_GT(StorageMemoryBytes(*memory), 0U);
}

}  // namespace
}  // namespace freshet
