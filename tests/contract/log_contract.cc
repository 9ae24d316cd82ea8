#include "contract/log_contract.h"

#include <algorithm>
#include <set>
#include <thread>

namespace freshet::contract {

using Clock = std::chrono::steady_clock;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogContract);

TopicPartition At(const std::string& topic, std::int32_t partition) { return {topic, {partition}}; }

OutputRecord RecordFor(const TopicPartition& to, std::optional<std::string> key,
                       std::optional<std::string> value) {
  OutputRecord record;
  record.to = to;
  record.key = std::move(key);
  record.value = std::move(value);
  return record;
}

std::vector<std::string> Values(const std::vector<Record>& records) {
  std::vector<std::string> values;
  for (const auto& record : records) values.push_back(record.value.value_or("<null>"));
  return values;
}

void LogContract::SetUp() {
  fixture_ = GetParam()();
  if (!fixture_) GTEST_SKIP() << "this log cannot be had here";
  can_ = fixture_->Can();
}

void LogContract::TearDown() { fixture_.reset(); }

std::string LogContract::Create(const std::string& stem, std::int32_t partitions) {
  TopicSpec spec;
  spec.name = stem;
  spec.partitions = partitions;
  return Create(std::move(spec));
}

std::string LogContract::Create(TopicSpec spec) {
  spec.name = fixture_->Name(spec.name);
  const auto created = log().Create(spec);
  EXPECT_TRUE(created.ok()) << created.error().message;
  return spec.name;
}

std::unique_ptr<Writer> LogContract::NewWriter(const std::string& transactional_id) {
  WriterOptions options;
  options.transactional_id = fixture_->Name(transactional_id);
  auto writer = log().OpenWriter(options);
  EXPECT_TRUE(writer.ok()) << writer.error().message;
  const auto initialised = (*writer)->Initialise();
  EXPECT_TRUE(initialised.ok()) << initialised.error().message;
  return std::move(*writer);
}

std::unique_ptr<Writer> LogContract::NewPlainWriter() {
  auto writer = log().OpenWriter({});
  EXPECT_TRUE(writer.ok()) << writer.error().message;
  EXPECT_TRUE((*writer)->Initialise().ok());
  return std::move(*writer);
}

std::unique_ptr<Reader> LogContract::NewReader(std::vector<Position> positions, Isolation isolation) {
  ReaderOptions options;
  options.isolation = isolation;
  auto reader = log().OpenReader(options);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  const auto assigned = (*reader)->Assign(std::move(positions));
  EXPECT_TRUE(assigned.ok()) << assigned.error().message;
  return std::move(*reader);
}

std::unique_ptr<Reader> LogContract::ReaderOf(const std::string& topic, Isolation isolation) {
  return NewReader({{At(topic), {0}}}, isolation);
}

CommitReceipt LogContract::CommitRecords(Writer& writer, std::vector<OutputRecord> records) {
  const auto begun = writer.Begin();
  EXPECT_TRUE(begun.ok()) << begun.error().message;
  for (auto& record : records) {
    const auto appended = writer.Append(std::move(record));
    EXPECT_TRUE(appended.ok()) << appended.error().message;
  }
  auto receipt = writer.Commit();
  EXPECT_TRUE(receipt.ok()) << receipt.error().message;
  return receipt.ok() ? *receipt : CommitReceipt{};
}

CommitReceipt LogContract::CommitValues(Writer& writer, const TopicPartition& to,
                                        const std::vector<std::string>& values) {
  std::vector<OutputRecord> records;
  for (const auto& value : values) records.push_back(RecordFor(to, value, value));
  return CommitRecords(writer, std::move(records));
}

std::vector<Record> LogContract::Take(Reader& reader, std::size_t count, milliseconds wait) {
  std::vector<Record> taken;
  const auto deadline = Clock::now() + can().patience;
  while (taken.size() < count && Clock::now() < deadline) {
    auto polled = reader.Poll(wait, {});
    EXPECT_TRUE(polled.ok()) << polled.error().message;
    if (!polled.ok()) break;
    std::move(polled->records.begin(), polled->records.end(), std::back_inserter(taken));
    if (wait.count() == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(taken.size(), count) << "not all records came in time";
  return taken;
}

std::vector<Record> LogContract::TakeToEnd(Reader& reader, std::size_t partitions) {
  std::vector<Record> taken;
  std::set<std::uint32_t> ended;
  const auto deadline = Clock::now() + can().patience;
  while (ended.size() < partitions && Clock::now() < deadline) {
    auto polled = reader.Poll(milliseconds(100), {});
    EXPECT_TRUE(polled.ok()) << polled.error().message;
    if (!polled.ok()) break;
    std::move(polled->records.begin(), polled->records.end(), std::back_inserter(taken));
    for (const auto& end : polled->ends) ended.insert(end.source);
  }
  EXPECT_EQ(ended.size(), partitions) << "the end of a partition was not reported in time";
  return taken;
}

std::vector<std::string> LogContract::ValuesOf(const std::string& topic, Isolation isolation) {
  const auto reader = ReaderOf(topic, isolation);
  return Values(TakeToEnd(*reader));
}

ErrorCode LogContract::ErrorOfReading(std::vector<Position> positions) {
  auto reader = log().OpenReader({});
  EXPECT_TRUE(reader.ok());
  const auto assigned = (*reader)->Assign(std::move(positions));
  if (!assigned.ok()) return assigned.error().code;
  const auto deadline = Clock::now() + can().patience;
  while (Clock::now() < deadline) {
    const auto polled = (*reader)->Poll(milliseconds(100), {});
    if (!polled.ok()) return polled.error().code;
  }
  ADD_FAILURE() << "reading did not fail";
  return ErrorCode::kTimeout;
}

void LogContract::ExpectNothing(Reader& reader) {
  const auto deadline = Clock::now() + can().silence;
  do {
    const auto polled = reader.Poll(can().silence, {});
    ASSERT_TRUE(polled.ok()) << polled.error().message;
    EXPECT_TRUE(polled->records.empty()) << "a record came that must not be seen";
  } while (Clock::now() < deadline);
}

}  // namespace freshet::contract
