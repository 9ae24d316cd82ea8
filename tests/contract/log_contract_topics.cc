// Topics, times, retention, compaction, durability and groups.

#include <algorithm>
#include <set>

#include "contract/log_contract.h"

namespace freshet::contract {
namespace {

OutputRecord Timed(const TopicPartition& to, const std::string& key, std::optional<std::string> value,
                   std::int64_t ms) {
  auto record = RecordFor(to, key, std::move(value));
  record.timestamp = Timestamp{ms};
  return record;
}

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
constexpr std::int64_t kStartMs = 1'700'000'000'000;

TopicSpec Compacted(const std::string& name) {
  TopicSpec spec;
  spec.name = name;
  spec.cleanup = Cleanup::kCompact;
  spec.settings = {{"min.cleanable.dirty.ratio", "0.0"}, {"delete.retention.ms", "1000"}};
  return spec;
}

}  // namespace

TEST_P(LogContract, CreatedTopicsAreDescribedAndListed) {
  const auto topic = Create("described", 3);
  const auto description = log().Describe(topic);
  ASSERT_TRUE(description.ok()) << description.error().message;
  EXPECT_EQ(description->name, topic);
  EXPECT_EQ(description->partitions, 3);
  const auto listed = log().List();
  ASSERT_TRUE(listed.ok());
  EXPECT_TRUE(std::any_of(listed->begin(), listed->end(), [&](const TopicDescription& each) {
    return each.name == topic && each.partitions == 3;
  }));
}

TEST_P(LogContract, ATopicIsCreatedOnce) {
  TopicSpec spec;
  spec.name = Create("twice");
  const auto again = log().Create(spec);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
}

TEST_P(LogContract, AnUnknownTopicIsNotFound) {
  const auto name = fixture_->Name("never-created");
  EXPECT_EQ(log().Describe(name).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log().QueryWatermarks(At(name), Isolation::kReadCommitted).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log().OffsetForTime(At(name), {0}).error().code, ErrorCode::kNotFound);
  if (can().deletes_topics) {
    EXPECT_EQ(log().Delete(name).error().code, ErrorCode::kNotFound);
  }
}

TEST_P(LogContract, ADeletedTopicIsGoneAndANewOneOfThatNameIsEmpty) {
  FRESHET_NEEDS(deletes_topics);
  const auto topic = Create("deleted");
  {
    const auto writer = NewWriter("w");
    CommitValues(*writer, At(topic), {"a"});
  }
  const auto id = log().Describe(topic)->id;
  ASSERT_TRUE(log().Delete(topic).ok());
  EXPECT_EQ(log().Describe(topic).error().code, ErrorCode::kNotFound);
  TopicSpec spec;
  spec.name = topic;
  ASSERT_TRUE(log().Create(spec).ok());
  EXPECT_TRUE(ValuesOf(topic).empty());
  if (!id.empty()) {
    EXPECT_NE(log().Describe(topic)->id, id);
  }
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"b"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"b"}));
}

TEST_P(LogContract, TheClusterIdStaysTheSame) {
  const auto id = log().ClusterId();
  ASSERT_TRUE(id.ok());
  EXPECT_FALSE(id->empty());
  EXPECT_EQ(*log().ClusterId(), *id);
  if (!can().reopen) return;
  fixture_->Reopen();
  EXPECT_EQ(*log().ClusterId(), *id);
}

TEST_P(LogContract, WatermarksBoundWhatIsThere) {
  const auto topic = Create("watermarks");
  auto marks = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(marks.ok());
  EXPECT_EQ(marks->low.value, 0);
  EXPECT_EQ(marks->high.value, 0);
  const auto writer = NewWriter("w");
  const auto receipt = CommitValues(*writer, At(topic), {"a", "b", "c"});
  marks = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(marks.ok());
  EXPECT_EQ(marks->low.value, 0);
  EXPECT_GT(marks->high, receipt.last_offsets.at(At(topic)));
  if (can().dense_offsets) {
    EXPECT_EQ(marks->high.value, 3);
  }
}

TEST_P(LogContract, FindsTheOffsetOfATime) {
  FRESHET_NEEDS(chooses_clock);
  const auto topic = Create("for-time");
  const auto writer = NewWriter("w");
  std::vector<OutputRecord> records;
  for (int i = 0; i < 10; ++i) records.push_back(Timed(At(topic), "k", std::to_string(i), kStartMs + 10 * i));
  CommitRecords(*writer, records);
  const auto all = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(*log().OffsetForTime(At(topic), {0}), all[0].offset);
  EXPECT_EQ(*log().OffsetForTime(At(topic), {kStartMs + 50}), all[5].offset);
  EXPECT_EQ(*log().OffsetForTime(At(topic), {kStartMs + 51}), all[6].offset);
  const auto high = log().QueryWatermarks(At(topic), Isolation::kReadUncommitted)->high;
  EXPECT_EQ(*log().OffsetForTime(At(topic), {kStartMs + 1'000}), high);
}

TEST_P(LogContract, KeepsEverythingOverAReopen) {
  FRESHET_NEEDS(reopen);
  const auto topic = Create("durable", 2);
  {
    const auto writer = NewWriter("w");
    CommitRecords(*writer, {RecordFor(At(topic, 0), "k", "a"), RecordFor(At(topic, 1), "k", "b")});
    ASSERT_TRUE(writer->Begin().ok());
    ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "open")).ok());
  }
  fixture_->Reopen();
  EXPECT_EQ(log().Describe(topic)->partitions, 2);
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"a"}));
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"c"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"a", "c"}));
}

TEST_P(LogContract, RetentionRemovesOldRecordsFromTheFront) {
  FRESHET_NEEDS(retention);
  TopicSpec spec;
  spec.name = "retention";
  spec.retention = std::chrono::milliseconds(kDayMs);
  const auto topic = Create(spec);
  const auto writer = NewWriter("w");
  CommitRecords(*writer, {Timed(At(topic), "k", "old", kStartMs)});
  const auto receipt = CommitRecords(*writer, {Timed(At(topic), "k", "new", kStartMs + kDayMs)});
  fixture_->Maintain({kStartMs + kDayMs + kDayMs / 2});
  const auto marks = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(marks.ok());
  EXPECT_GT(marks->low.value, 0);
  EXPECT_EQ(ErrorOfReading({{At(topic), {0}}}), ErrorCode::kOutOfRange);
  const auto reader = NewReader({{At(topic), marks->low}});
  EXPECT_EQ(Values(TakeToEnd(*reader)), (std::vector<std::string>{"new"}));
  const auto next = CommitValues(*writer, At(topic), {"next"});
  EXPECT_GT(next.last_offsets.at(At(topic)), receipt.last_offsets.at(At(topic)));
}

TEST_P(LogContract, CompactionKeepsTheLatestRecordOfEachKeyAtItsOffset) {
  FRESHET_NEEDS(compaction);
  const auto topic = Create(Compacted("compacted"));
  const auto writer = NewWriter("w");
  for (int i = 0; i < 5; ++i) {
    const auto round = std::to_string(i);
    CommitRecords(*writer, {Timed(At(topic), "a", "a" + round, kStartMs),
                            Timed(At(topic), "b", "b" + round, kStartMs)});
  }
  const auto before = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(before.size(), 10U);
  fixture_->Maintain({kStartMs});
  if (can().reopen) fixture_->Reopen();
  const auto after = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(Values(after), (std::vector<std::string>{"a4", "b4"}));
  EXPECT_EQ(after[0].offset, before[8].offset);
  EXPECT_EQ(after[1].offset, before[9].offset);
  EXPECT_EQ(after[1].timestamp.ms, kStartMs);
  const auto from_gap = NewReader({{At(topic), before[3].offset}});
  EXPECT_EQ(Values(TakeToEnd(*from_gap)), (std::vector<std::string>{"a4", "b4"}));
}

TEST_P(LogContract, CompactionForgetsATombstoneOnlyAfterItsTime) {
  FRESHET_NEEDS(compaction);
  const auto topic = Create(Compacted("tombstones"));
  const auto writer = NewWriter("w");
  CommitRecords(*writer, {Timed(At(topic), "gone", "1", kStartMs), Timed(At(topic), "kept", "2", kStartMs)});
  CommitRecords(*writer, {Timed(At(topic), "gone", std::nullopt, kStartMs)});
  fixture_->Maintain({kStartMs});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"2", "<null>"}));
  CommitRecords(*writer, {Timed(At(topic), "more", "3", kStartMs)});
  fixture_->Maintain({kStartMs + 500});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"2", "<null>", "3"}));
  CommitRecords(*writer, {Timed(At(topic), "more", "4", kStartMs)});
  fixture_->Maintain({kStartMs + 2'000});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"2", "4"}));
}

TEST_P(LogContract, TheOnlyMemberOwnsAllPartitionsAndIsToldOnce) {
  const auto first = Create("lead-1", 3);
  const auto second = Create("lead-2", 3);
  GroupOptions options;
  options.group = fixture_->Name("group");
  options.lead_topics = {first, second};
  auto member = log().Join(options);
  ASSERT_TRUE(member.ok()) << member.error().message;
  std::optional<std::vector<TopicPartition>> owned;
  const auto deadline = std::chrono::steady_clock::now() + can().patience;
  while ((!owned || owned->empty()) && std::chrono::steady_clock::now() < deadline) {
    auto polled = (*member)->Poll(milliseconds(100));
    ASSERT_TRUE(polled.ok()) << polled.error().message;
    if (*polled) owned = std::move(**polled);
  }
  ASSERT_TRUE(owned.has_value());
  EXPECT_EQ(std::set<TopicPartition>(owned->begin(), owned->end()).size(), 6U);
  const auto again = (*member)->Poll(can().silence);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->has_value());
  EXPECT_TRUE((*member)->AdviseOffsets({{At(first), {0}}}).ok());
  EXPECT_TRUE((*member)->Leave().ok());
}

TEST_P(LogContract, TwoMembersShareEqualPartitionNumbersTogether) {
  FRESHET_NEEDS(shares_groups);
  const auto first = Create("shared-1", 4);
  const auto second = Create("shared-2", 4);
  GroupOptions options;
  options.group = fixture_->Name("group");
  options.lead_topics = {first, second};
  std::vector<std::unique_ptr<Membership>> members;
  std::vector<std::set<TopicPartition>> owned(2);
  const auto poll_all = [&] {
    for (std::size_t i = 0; i < members.size(); ++i) {
      auto polled = members[i]->Poll(milliseconds(20));
      ASSERT_TRUE(polled.ok()) << polled.error().message;
      if (*polled) owned[i] = std::set<TopicPartition>((*polled)->begin(), (*polled)->end());
    }
  };
  for (int i = 0; i < 2; ++i) {
    options.instance_id = "instance-" + std::to_string(i);
    auto member = log().Join(options);
    ASSERT_TRUE(member.ok());
    members.push_back(std::move(*member));
  }
  const auto until = [&](std::size_t a, std::size_t b) {
    const auto deadline = std::chrono::steady_clock::now() + 4 * can().patience;
    while ((owned[0].size() != a || owned[1].size() != b) && std::chrono::steady_clock::now() < deadline)
      poll_all();
    EXPECT_EQ(owned[0].size(), a);
    EXPECT_EQ(owned[1].size(), b);
  };
  until(4, 4);
  for (std::int32_t number = 0; number < 4; ++number) {
    EXPECT_EQ(owned[0].count(At(first, number)), owned[0].count(At(second, number)));
    EXPECT_NE(owned[0].count(At(first, number)), owned[1].count(At(first, number)));
  }
  ASSERT_TRUE(members[1]->Leave().ok());
  members.pop_back();
  owned[1].clear();
  until(8, 0);
}

}  // namespace freshet::contract
