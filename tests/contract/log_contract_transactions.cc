// Transactions, isolation and fencing.

#include <thread>

#include "contract/log_contract.h"

namespace freshet::contract {

TEST_P(LogContract, AnOpenTransactionIsNotReadAndACommittedOneIsReadWhole) {
  const auto first = Create("atomic-1");
  const auto second = Create("atomic-2");
  const auto writer = NewWriter("w");
  const auto reader = NewReader({{At(first), {0}}, {At(second), {0}}});
  EXPECT_TRUE(TakeToEnd(*reader, 2).empty());
  ASSERT_TRUE(writer->Begin().ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(writer->Append(RecordFor(At(i % 2 == 0 ? first : second), "k", std::to_string(i))).ok());
  }
  ExpectNothing(*reader);
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_EQ(Take(*reader, 100).size(), 100U);
}

TEST_P(LogContract, AnAbortedTransactionIsNeverRead) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("abort");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"before"});
  ASSERT_TRUE(writer->Begin().ok());
  ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "aborted")).ok());
  ASSERT_TRUE(writer->Abort().ok());
  CommitValues(*writer, At(topic), {"after"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"before", "after"}));
}

TEST_P(LogContract, AWriterThatIsDestroyedLeavesNothingOfItsOpenTransaction) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("dropped");
  {
    const auto writer = NewWriter("w");
    ASSERT_TRUE(writer->Begin().ok());
    ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "dropped")).ok());
  }
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"after"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"after"}));
}

TEST_P(LogContract, AnEmptyTransactionCommits) {
  const auto topic = Create("empty");
  const auto writer = NewWriter("w");
  ASSERT_TRUE(writer->Begin().ok());
  const auto receipt = writer->Commit();
  ASSERT_TRUE(receipt.ok());
  EXPECT_TRUE(receipt->last_offsets.empty());
  CommitValues(*writer, At(topic), {"a"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"a"}));
}

TEST_P(LogContract, ASecondInitialiseFencesTheCommitOfTheFirst) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("fence");
  const auto old_writer = NewWriter("task");
  ASSERT_TRUE(old_writer->Begin().ok());
  ASSERT_TRUE(old_writer->Append(RecordFor(At(topic), "k", "zombie")).ok());
  const auto new_writer = NewWriter("task");
  const auto committed = old_writer->Commit();
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().code, ErrorCode::kFenced) << committed.error().message;
  CommitValues(*new_writer, At(topic), {"owner"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"owner"}));
}

TEST_P(LogContract, AFencedWriterStaysFenced) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("fence-append");
  const auto old_writer = NewWriter("task");
  CommitValues(*old_writer, At(topic), {"before"});
  const auto new_writer = NewWriter("task");
  // Where it is told (Begin, Append or Commit) depends on the log; that it is told does not.
  const auto run = [&]() -> Result<CommitReceipt> {
    FRESHET_CHECK(old_writer->Begin());
    FRESHET_CHECK(old_writer->Append(RecordFor(At(topic), "k", "zombie")));
    return old_writer->Commit();
  };
  for (int i = 0; i < 2; ++i) {
    const auto refused = run();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kFenced) << refused.error().message;
  }
  CommitValues(*new_writer, At(topic), {"owner"});
  EXPECT_EQ(ValuesOf(topic), (std::vector<std::string>{"before", "owner"}));
}

TEST_P(LogContract, OtherTransactionalIdsAreNotFenced) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("fence-others");
  const auto first = NewWriter("task-1");
  ASSERT_TRUE(first->Begin().ok());
  ASSERT_TRUE(first->Append(RecordFor(At(topic), "k", "1")).ok());
  const auto second = NewWriter("task-2");
  CommitValues(*second, At(topic), {"2"});
  ASSERT_TRUE(first->Commit().ok());
  EXPECT_EQ(ValuesOf(topic).size(), 2U);
}

TEST_P(LogContract, InterleavedTransactionsAreEachReadWhole) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("interleaved");
  const auto committed = NewWriter("task-1");
  const auto aborted = NewWriter("task-2");
  ASSERT_TRUE(committed->Begin().ok());
  ASSERT_TRUE(aborted->Begin().ok());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(committed->Append(RecordFor(At(topic), "k", "c" + std::to_string(i))).ok());
    ASSERT_TRUE(aborted->Append(RecordFor(At(topic), "k", "a" + std::to_string(i))).ok());
  }
  ASSERT_TRUE(aborted->Abort().ok());
  ASSERT_TRUE(committed->Commit().ok());
  const auto values = ValuesOf(topic);
  ASSERT_EQ(values.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(values[i], "c" + std::to_string(i));
}

TEST_P(LogContract, TheLastStableOffsetStopsBeforeAnOpenTransaction) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("stable");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"a"});
  const auto before = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(before.ok());
  ASSERT_TRUE(writer->Begin().ok());
  ASSERT_TRUE(writer->Append(RecordFor(At(topic), "k", "open")).ok());
  const auto stable = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  const auto high = log().QueryWatermarks(At(topic), Isolation::kReadUncommitted);
  ASSERT_TRUE(stable.ok());
  ASSERT_TRUE(high.ok());
  EXPECT_EQ(stable->high, before->high);
  EXPECT_GE(high->high, stable->high);
  ASSERT_TRUE(writer->Commit().ok());
  const auto after = log().QueryWatermarks(At(topic), Isolation::kReadCommitted);
  ASSERT_TRUE(after.ok());
  EXPECT_GT(after->high, before->high);
}

TEST_P(LogContract, ReadUncommittedSeesCommittedRecordsToo) {
  const auto topic = Create("uncommitted");
  const auto writer = NewWriter("w");
  CommitValues(*writer, At(topic), {"a", "b"});
  EXPECT_EQ(ValuesOf(topic, Isolation::kReadUncommitted), (std::vector<std::string>{"a", "b"}));
}

TEST_P(LogContract, AWriterWithoutTransactionsIsDurableAtItsCommit) {
  const auto topic = Create("plain");
  const auto writer = NewPlainWriter();
  const auto receipt = CommitValues(*writer, At(topic), {"a", "b"});
  const auto records = TakeToEnd(*ReaderOf(topic));
  ASSERT_EQ(Values(records), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(receipt.last_offsets.at(At(topic)), records[1].offset);
}

TEST_P(LogContract, ConcurrentWritersKeepTheirOwnOrderAndLoseNothing) {
  FRESHET_NEEDS(transactions);
  const auto topic = Create("concurrent");
  constexpr int kWriters = 4;
  constexpr int kTransactions = 25;
  constexpr int kRecords = 8;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const auto writer = NewWriter("writer-" + std::to_string(w));
      for (int t = 0; t < kTransactions; ++t) {
        std::vector<OutputRecord> records;
        for (int r = 0; r < kRecords; ++r) {
          records.push_back(RecordFor(At(topic), std::to_string(w), std::to_string(t * kRecords + r)));
        }
        CommitRecords(*writer, std::move(records));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto records = Take(*ReaderOf(topic), std::size_t{kWriters} * kTransactions * kRecords);
  std::vector<int> next(kWriters, 0);
  for (const auto& record : records) {
    const auto writer = static_cast<std::size_t>(std::stoi(*record.key));
    EXPECT_EQ(record.value, std::to_string(next[writer]++));
  }
}

TEST_P(LogContract, AReaderBesideAWriterSeesWholeTransactionsInOrder) {
  const auto topic = Create("beside");
  constexpr int kTransactions = 50;
  std::thread thread([&] {
    const auto writer = NewWriter("w");
    for (int t = 0; t < kTransactions; ++t) {
      CommitValues(*writer, At(topic), {std::to_string(2 * t), std::to_string(2 * t + 1)});
    }
  });
  const auto reader = ReaderOf(topic);
  // A reader that waits moves a simulated clock on, past the timeout of the writer's transactions.
  const auto records = Take(*reader, 2 * kTransactions, milliseconds(0));
  thread.join();
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].value, std::to_string(i));
}

}  // namespace freshet::contract
