#pragma once

// The contract of include/freshet/log.h as tests. An implementation instantiates it in its own executable:
//
//   std::unique_ptr<LogFixture> MakeMine() { return std::make_unique<MyFixture>(); }
//   INSTANTIATE_TEST_SUITE_P(Mine, LogContract, testing::Values(&MakeMine));

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "freshet/log.h"

namespace freshet::contract {

using std::chrono::milliseconds;

/// What an implementation can do beyond the core. A test of something it cannot do is skipped, and says so.
struct Capabilities {
  bool transactions = true;   ///< several writers, fencing
  bool dense_offsets = true;  ///< offsets without gaps; false: control records take some
  bool open_in_log = false;   ///< read_uncommitted sees the records of an open transaction
  bool chooses_clock = true;  ///< keeps the time given with a record
  bool retention = true;      ///< Maintain applies retention at once
  bool compaction = true;     ///< Maintain compacts at once
  bool reopen = true;         ///< Reopen keeps everything
  bool shares_groups = true;  ///< a second member of a group gets its share
  bool deletes_topics = true;
  milliseconds patience{5'000};  ///< how long to wait for what must come
  milliseconds silence{50};      ///< how long to watch for what must not come
};

/// Makes logs for one test. Destroyed after everything it opened.
class LogFixture {
 public:
  virtual ~LogFixture() = default;
  virtual Capabilities Can() const = 0;
  /// The log under test, fresh and empty for each fixture; the same one with each call.
  virtual Log& log() = 0;
  /// Closes the log and opens it again on the same data. All objects that it opened are gone before.
  virtual void Reopen() {}
  /// Runs retention and compaction to their end, as if it were `now`.
  virtual void Maintain(Timestamp now) { static_cast<void>(now); }
  /// A topic name that no other test uses.
  virtual std::string Name(const std::string& stem) { return stem; }
};

using MakeFixture = std::unique_ptr<LogFixture> (*)();

/// The verbs of the tests.
class LogContract : public testing::TestWithParam<MakeFixture> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Log& log() { return fixture_->log(); }
  const Capabilities& can() const { return can_; }

  /// Creates a topic; the name to use.
  std::string Create(const std::string& stem, std::int32_t partitions = 1);
  std::string Create(TopicSpec spec);
  std::unique_ptr<Writer> NewWriter(const std::string& transactional_id);
  /// A writer without transactions.
  std::unique_ptr<Writer> NewPlainWriter();
  std::unique_ptr<Reader> NewReader(std::vector<Position> positions,
                                    Isolation isolation = Isolation::kReadCommitted);
  /// A reader of partition 0 from its start.
  std::unique_ptr<Reader> ReaderOf(const std::string& topic, Isolation isolation = Isolation::kReadCommitted);

  /// Commits values as one transaction to one partition, with keys equal to the values.
  CommitReceipt CommitValues(Writer& writer, const TopicPartition& to,
                             const std::vector<std::string>& values);
  CommitReceipt CommitRecords(Writer& writer, std::vector<OutputRecord> records);

  /// Polls until `count` records came, each time waiting so long; fails when patience ends before.
  std::vector<Record> Take(Reader& reader, std::size_t count, milliseconds wait = milliseconds(100));
  /// Polls until the end of every partition was reported at or behind the end that was there when asked.
  std::vector<Record> TakeToEnd(Reader& reader, std::size_t partitions = 1);
  /// All values of partition 0 that a new reader sees.
  std::vector<std::string> ValuesOf(const std::string& topic,
                                    Isolation isolation = Isolation::kReadCommitted);
  /// The error that reading from there ends in.
  ErrorCode ErrorOfReading(std::vector<Position> positions);
  void ExpectNothing(Reader& reader);

  std::unique_ptr<LogFixture> fixture_;
  Capabilities can_;
};

TopicPartition At(const std::string& topic, std::int32_t partition = 0);
OutputRecord RecordFor(const TopicPartition& to, std::optional<std::string> key,
                       std::optional<std::string> value);
std::vector<std::string> Values(const std::vector<Record>& records);

}  // namespace freshet::contract

/// Leaves the test with a reason when the implementation lacks a capability.
#define FRESHET_NEEDS(capability) \
  if (!can().capability) GTEST_SKIP() << "this log does not have: " #capability
