// Records, order, ends, positions and limits.

#include <algorithm>
#include <map>
#include <set>

#include "contract/log_contract.h"

namespace freshet::contract {

TEST_P(LogContract, ReadsRecordsInTheOrderOfAppending) {
  const auto topic = Create("order");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"a", "b"});
  CommitValues(*writer, At(topic), {"c"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_P(LogContract, OffsetsRiseAndTheReceiptNamesTheLast) {
  const auto topic = Create("offsets");
  const auto writer = NewWriter("w");
  const auto first = CommitValues(*writer, At(topic), {"a", "b", "c"});
  const auto second = CommitValues(*writer, At(topic), {"d", "e"});
  const auto records = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(records.size(), 5U);
  for (std::size_t i = 1; i < records.size(); ++i) EXPECT_GT(records[i].offset, records[i - 1].offset);
  EXPECT_EQ(first.last_offsets.at(At(topic)), records[2].offset);
  EXPECT_EQ(second.last_offsets.at(At(topic)), records[4].offset);
  if (can().dense_offsets) {
    EXPECT_EQ(records[0].offset.value, 0);
    EXPECT_EQ(records[4].offset.value, 4);
  }
}

TEST_P(LogContract, KeepsKeysValuesAndHeadersByteForByte) {
  const auto topic = Create("bytes");
  std::string all(256, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  auto full = RecordFor(At(topic), all, all + all);
  full.headers = {{"name", all}, {"name", ""}, {"ünï", "ä\n\"\\"}};
  const auto writer = NewWriter("w");
  CommitRecords(*writer, {full, RecordFor(At(topic), std::nullopt, "no key"),
                          RecordFor(At(topic), "no value", std::nullopt), RecordFor(At(topic), "", ""),
                          RecordFor(At(topic), "{\"json\":\t\"\xc3\xa9\"}", "line\nbreak\r\n")});
  const auto records = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].key, all);
  EXPECT_EQ(records[0].value, all + all);
  EXPECT_EQ(records[0].headers, full.headers);
  EXPECT_EQ(records[1].key, std::nullopt);
  EXPECT_EQ(records[2].value, std::nullopt);
  EXPECT_EQ(records[3].key, "");
  EXPECT_EQ(records[3].value, "");
  EXPECT_TRUE(records[3].headers.empty());
  EXPECT_EQ(records[4].key, "{\"json\":\t\"\xc3\xa9\"}");
  EXPECT_EQ(records[4].value, "line\nbreak\r\n");
}

TEST_P(LogContract, KeepsTheTimeOfARecordOrGivesItOne) {
  const auto topic = Create("times");
  auto given = RecordFor(At(topic), "k", "given");
  given.timestamp = Timestamp{1'234'567'890'123};
  const auto writer = NewWriter("w");
  CommitRecords(*writer, {given, RecordFor(At(topic), "k", "none")});
  const auto records = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(records.size(), 2U);
  if (can().chooses_clock) {
    EXPECT_EQ(records[0].timestamp.ms, 1'234'567'890'123);
  }
  EXPECT_GT(records[1].timestamp.ms, 1'234'567'890'123);
}

TEST_P(LogContract, TakesARecordOfOneMebibyte) {
  TopicSpec spec;
  spec.name = "large";
  spec.message_bytes_max = 2 << 20;
  const auto topic = Create(spec);
  if (log().MessageBytesMax() < (1 << 20) + 1) GTEST_SKIP() << "this log's records are shorter";
  const auto writer = NewWriter("w");
  const std::string value(1 << 20, 'x');
  CommitRecords(*writer, {RecordFor(At(topic), "k", value)});
  const auto records = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(records[0].value == value);
}

TEST_P(LogContract, RefusesARecordThatIsTooLongAndKeepsTheTransaction) {
  const auto topic = Create("too-long");
  const auto writer = NewWriter("w");
  ASSERT_TRUE(writer->Begin().ok());
  ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "before")).ok());
  const std::string value(static_cast<std::size_t>(log().MessageBytesMax()) + 1, 'x');
  EXPECT_TRUE(writer->Check(RecordFor(At(topic), "k", "short")).ok());
  EXPECT_EQ(writer->Check(RecordFor(At(topic), "k", value)).error().code, ErrorCode::kInvalidArgument);
  const auto refused = writer->Append(RecordFor(At(topic), "k", value));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "after")).ok());
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"before", "after"}));
}

TEST_P(LogContract, RefusesAnUnknownTopicAndKeepsTheTransaction) {
  const auto topic = Create("known");
  const auto writer = NewWriter("w");
  ASSERT_TRUE(writer->Begin().ok());
  ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "before")).ok());
  const auto refused = writer->Append(RecordFor(At(fixture_->Name("unknown")), "k", "v"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"before"}));
}

TEST_P(LogContract, KeepsPartitionsApart) {
  const auto topic = Create("partitions", 3);
  const auto writer = NewWriter("w");
  std::vector<OutputRecord> records;
  for (int i = 0; i < 30; ++i) {
    records.push_back(RecordFor(At(topic, i % 3), "k", std::to_string(i % 3) + ":" + std::to_string(i / 3)));
  }
  CommitRecords(*writer, records);
  const auto reader = NewReader({{At(topic, 2), {0}}, {At(topic, 0), {0}}, {At(topic, 1), {0}}});
  const std::int32_t partition_of[] = {2, 0, 1};
  std::map<std::uint32_t, std::vector<std::string>> by_source;
  for (const auto& record : TakeToEnd(*reader, 3)) by_source[record.source].push_back(*record.value);
  for (std::uint32_t source = 0; source < 3; ++source) {
    ASSERT_EQ(by_source[source].size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(by_source[source][i], std::to_string(partition_of[source]) + ":" + std::to_string(i));
    }
  }
}

TEST_P(LogContract, StartsReadingAtAnOffset) {
  const auto topic = Create("seek");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"a", "b", "c", "d"});
  const auto all = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t from = 0; from < all.size(); ++from) {
    const auto reader = NewReader({{At(topic), all[from].offset}});
    const auto records = TakeToEnd(*reader);
    ASSERT_EQ(records.size(), all.size() - from);
    EXPECT_EQ(records[0].value, all[from].value);
  }
}

TEST_P(LogContract, AssignReplacesWhatWasRead) {
  const auto first = Create("first");
  const auto second = Create("second");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(first), {"1"});
  CommitValues(*writer, At(second), {"2"});
  const auto reader = ReaderOf(first);
  EXPECT_EQ(Values(TakeToEnd(*reader)), (std::vector<std::string>{"1"}));
  ASSERT_TRUE(reader->Assign({{At(second), {0}}}).ok());
  EXPECT_EQ(Values(TakeToEnd(*reader)), (std::vector<std::string>{"2"}));
}

TEST_P(LogContract, SeesRecordsCommittedWhileItWaits) {
  const auto topic = Create("live");
  const auto writer = NewWriter("w");
  const auto reader = ReaderOf(topic);
  EXPECT_TRUE(TakeToEnd(*reader).empty());
  for (int i = 0; i < 5; ++i) {
    CommitValues(*writer, At(topic), {std::to_string(i)});
    EXPECT_EQ(Values(Take(*reader, 1)), (std::vector<std::string>{std::to_string(i)}));
  }
}

TEST_P(LogContract, ReportsAnEndOnceEachTimeItIsReached) {
  const auto topic = Create("ends");
  const auto writer = NewWriter("w");
  const auto reader = ReaderOf(topic);
  const auto count_ends = [&](std::size_t records_wanted) {
    std::size_t records = 0;
    std::vector<Offset> ends;
    const auto deadline = std::chrono::steady_clock::now() + can().patience;
    while ((records < records_wanted || ends.empty()) && std::chrono::steady_clock::now() < deadline) {
      const auto polled = reader->Poll(milliseconds(100), {});
      EXPECT_TRUE(polled.ok());
      records += polled->records.size();
      for (const auto& end : polled->ends) ends.push_back(end.next);
    }
    const auto polled = reader->Poll(can().silence, {});
    EXPECT_TRUE(polled.ok());
    for (const auto& end : polled->ends) ends.push_back(end.next);
    return ends;
  };
  EXPECT_EQ(count_ends(0), (std::vector<Offset>{{0}}));
  CommitValues(*writer, At(topic), {"a", "b"});
  const auto ends = count_ends(2);
  ASSERT_EQ(ends.size(), 1U);
  const auto high = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(high.ok());
  EXPECT_EQ(ends[0], high->high);
}

TEST_P(LogContract, PollKeepsToItsLimits) {
  const auto topic = Create("limits");
  const auto writer = NewWriter("w");
  std::vector<OutputRecord> records;
  for (int i = 0; i < 100; ++i) records.push_back(RecordFor(At(topic), "key", std::string(997, 'v')));
  CommitRecords(*writer, records);
  const auto reader = ReaderOf(topic);
  std::size_t seen = 0;
  const auto deadline = std::chrono::steady_clock::now() + can().patience;
  while (seen < 50 && std::chrono::steady_clock::now() < deadline) {
    const auto polled = reader->Poll(milliseconds(100), {7, 1 << 20});
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(polled->records.size(), 7U);
    seen += polled->records.size();
  }
  while (seen < 100 && std::chrono::steady_clock::now() < deadline) {
    const auto polled = reader->Poll(milliseconds(100), {1'000, 3'000});
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(polled->records.size(), 3U);
    seen += polled->records.size();
  }
  EXPECT_EQ(seen, 100U);
}

TEST_P(LogContract, PollReturnsOneRecordThatAloneExceedsTheLimit) {
  const auto topic = Create("one-large");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {std::string(10'000, 'a'), std::string(10'000, 'b')});
  const auto reader = ReaderOf(topic);
  std::size_t seen = 0;
  const auto deadline = std::chrono::steady_clock::now() + can().patience;
  while (seen < 2 && std::chrono::steady_clock::now() < deadline) {
    const auto polled = reader->Poll(milliseconds(100), {10, 100});
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(polled->records.size(), 1U);
    seen += polled->records.size();
  }
  EXPECT_EQ(seen, 2U);
}

TEST_P(LogContract, PollOfNothingReturnsEmptyInTime) {
  const auto topic = Create("quiet");
  const auto reader = ReaderOf(topic);
  EXPECT_TRUE(TakeToEnd(*reader).empty());
  const auto before = std::chrono::steady_clock::now();
  const auto polled = reader->Poll(milliseconds(30), {});
  ASSERT_TRUE(polled.ok());
  EXPECT_TRUE(polled->records.empty());
  EXPECT_TRUE(polled->ends.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - before, can().patience);
}

TEST_P(LogContract, ReadingBeyondTheEndIsOutOfRange) {
  const auto topic = Create("beyond");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"a"});
  EXPECT_EQ(ErrorOfReading({{At(topic), {1'000}}}), ErrorCode::kOutOfRange);
}

TEST_P(LogContract, ReadingAnUnknownPartitionIsNotFound) {
  const auto topic = Create("one-partition");
  EXPECT_EQ(ErrorOfReading({{At(topic, 1), {0}}}), ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOfReading({{At(fixture_->Name("no-such-topic")), {0}}}), ErrorCode::kNotFound);
}

TEST_P(LogContract, ReadsManyRecordsOnceEach) {
  const auto topic = Create("many", 2);
  const auto writer = NewWriter("w");
  constexpr int kRecords = 20'000;
  std::vector<OutputRecord> records;
  for (int i = 0; i < kRecords; ++i) {
    records.push_back(RecordFor(At(topic, i % 2), std::to_string(i), std::string(100, 'x')));
    if (records.size() < 4'000) continue;
    CommitRecords(*writer, std::move(records));
    records.clear();
  }
  const auto reader = NewReader({{At(topic, 0), {0}}, {At(topic, 1), {0}}});
  const auto taken = Take(*reader, kRecords);
  std::vector<int> next = {0, 1};
  for (const auto& record : taken) {
    EXPECT_EQ(record.key, std::to_string(next[record.source]));
    next[record.source] += 2;
  }
}

}  // namespace freshet::contract
