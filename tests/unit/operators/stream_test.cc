// Properties over random streams: additive explanations on every list, and batches that come twice.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "test_driver.h"

namespace freshet::test {
namespace {

/// What the sender knows of what it sent.
struct Book {
  std::map<std::string, std::string> item_of;  ///< by event id
  std::map<std::string, std::set<std::string>> seen;
  std::map<std::string, std::set<std::string>> dismissed;
};

/// Sends one random event; the same numbers give the same event.
void SendRandom(TestDriver& driver, std::mt19937_64& random, int number, Book& book) {
  static const std::vector<std::string> kTypes = {"view", "click", "click", "purchase", "like", "dislike"};
  const std::string user = fmt::format("u{}", random() % 12);
  const std::string item = fmt::format("i{}", std::min(random() % 40, random() % 40));
  const std::string id = fmt::format("e{}", number);
  const std::uint64_t kind = random() % 20;
  const std::uint64_t detail = random();
  if (kind == 0) {
    driver.GiveFeedback(user, item, "dismiss");
    book.dismissed[user].insert(item);
    return;
  }
  if (kind == 1) {
    driver.GiveFeedback(user, item, "undo");
    book.dismissed[user].erase(item);
    return;
  }
  if (kind == 2) return driver.Send(TestDriver::kInteractions, user, "{");
  book.seen[user].insert(item);
  if (kind == 3) return driver.Rate(user, item, fmt::format("{}", 1 + detail % 5), driver.now_ms + 1000);
  if (kind == 4) return driver.GiveFeedback(user, item, "click");
  book.item_of[user + "/" + id] = item;
  driver.Interact(user, item, kTypes[detail % kTypes.size()], id);
}

void CheckReasons(const RecommendedItem& item, const std::string& user, const Book& book) {
  std::map<std::string, double> parts;
  double sum = 0;
  for (const ScorePart& part : item.score_parts) {
    parts[part.name] += part.value;
    sum += part.value;
  }
  EXPECT_NEAR(sum, item.score, 1e-6);
  EXPECT_FALSE(item.reasons.empty());
  std::map<std::string, double> explained;
  for (const Reason& reason : item.reasons) {
    EXPECT_TRUE(parts.contains(reason.part)) << reason.part;
    explained[reason.part] += reason.contribution;
    for (const std::string& id : reason.evidence.event_ids) {
      const auto sent = book.item_of.find(user + "/" + id);
      ASSERT_NE(sent, book.item_of.end()) << id << " was not sent by " << user;
      EXPECT_EQ(sent->second, reason.evidence.item_id);
    }
  }
  for (const auto& [part, contribution] : explained) EXPECT_LE(contribution, parts[part] + 1e-6) << part;
}

void CheckList(const RecommendationList& list, const Book& book) {
  std::set<std::string> items;
  double score = INFINITY;
  for (const RecommendedItem& item : list.items) {
    EXPECT_TRUE(items.insert(item.item_id).second) << "twice in one list";
    EXPECT_LE(item.score, score + 1e-6);
    score = item.score;
    const auto seen = book.seen.find(list.user_id);
    EXPECT_FALSE(seen != book.seen.end() && seen->second.contains(item.item_id)) << "seen";
    const auto dismissed = book.dismissed.find(list.user_id);
    EXPECT_FALSE(dismissed != book.dismissed.end() && dismissed->second.contains(item.item_id))
        << "dismissed";
    CheckReasons(item, list.user_id, book);
  }
}

class StreamTest : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, StreamTest, ::testing::Values(1, 2));

TEST_P(StreamTest, EveryListIsAdditiveAndHidesWhatWasSeenOrDismissed) {
  TestDriver driver;
  Book book;
  std::mt19937_64 random(GetParam());
  std::size_t lists = 0;
  for (int i = 0; i < 1500; ++i) {
    SendRandom(driver, random, i, book);
    if (random() % 12 != 0) continue;
    driver.Close();
    for (const RecommendationList& list : driver.published) CheckList(list, book);
    lists += driver.published.size();
    if (HasFailure()) return;
  }
  EXPECT_GT(lists, 100U);
  EXPECT_EQ(driver.user.counts.Sum(), 1500);
}

bool SameRecords(const std::vector<OutputRecord>& a, const std::vector<OutputRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const OutputRecord& x, const OutputRecord& y) {
    return x.to == y.to && x.key == y.key && x.value == y.value;
  });
}

/// Runs a stream; `again`: each batch is first processed and aborted, now before its close, now after it.
void RunWithAborts(TestDriver& driver, std::uint64_t seed, bool again,
                   std::vector<std::vector<OutputRecord>>& emitted) {
  Book book;
  for (int batch = 0; batch < 40; ++batch) {
    const std::int64_t now = driver.now_ms;
    for (int attempt = again ? 0 : 1; attempt < 2; ++attempt) {
      driver.now_ms = now;
      std::mt19937_64 random(seed * 1000 + static_cast<std::uint64_t>(batch));
      for (int i = 0; i < 15; ++i) SendRandom(driver, random, batch * 12 + i, book);
      driver.Catalogue(fmt::format("i{}", batch), batch % 5 == 4);
      if (attempt == 0) {
        driver.user.Abort(batch % 2 == 0);
        driver.item.Abort(batch % 2 == 0);
      }
    }
    driver.user.Close();
    emitted.push_back(driver.user.emitted);
    driver.CloseUsers();
    driver.Learn();
  }
}

TEST_P(StreamTest, ABatchProcessedAgainAfterAnAbortGivesTheSameBytes) {
  TestDriver once;
  TestDriver twice;
  std::vector<std::vector<OutputRecord>> emitted_once;
  std::vector<std::vector<OutputRecord>> emitted_twice;
  RunWithAborts(once, GetParam(), false, emitted_once);
  RunWithAborts(twice, GetParam(), true, emitted_twice);
  EXPECT_EQ(once.user.Committed(), twice.user.Committed());
  EXPECT_EQ(once.item.Committed(), twice.item.Committed());
  ASSERT_EQ(emitted_once.size(), emitted_twice.size());
  for (std::size_t i = 0; i < emitted_once.size(); ++i) {
    EXPECT_TRUE(SameRecords(emitted_once[i], emitted_twice[i])) << "batch " << i;
  }
  EXPECT_EQ(once.user.counts.duplicate, twice.user.counts.duplicate);
}

TEST_P(StreamTest, HistoriesDoNotDependOnHowTheInputWasCutIntoBatches) {
  std::map<std::string, std::vector<std::string>> events;
  for (const int size : {1, 7, 400}) {
    TestDriver driver;
    std::mt19937_64 random(GetParam());
    Book book;
    for (int i = 0; i < 400; ++i) {
      SendRandom(driver, random, i, book);
      if (i % size == size - 1) driver.CloseUsers();
    }
    driver.CloseUsers();
    for (int u = 0; u < 12; ++u) {
      const std::string user_id = fmt::format("u{}", u);
      auto user = UserState::Load(driver.user.state(), user_id, {});
      ASSERT_TRUE(user.ok());
      std::vector<std::string> kept;
      for (const HistoryEvent& event : user->history()) {
        kept.push_back(
            fmt::format("{} {} {} {}", event.item.value, event.at.ms, event.weight, event.event_id));
      }
      std::set<ItemKey> hidden;
      for (const ItemKey item : user->SeenItems(driver.user.state())) hidden.insert(item);
      for (const Dismissal& made : user->dismissals()) {
        if (made.until.ms == 0 || made.until.ms > driver.now_ms) hidden.insert(made.item);
      }
      for (const ItemKey item : hidden) kept.push_back(fmt::format("{}", item.value));
      if (size == 1) events[user_id] = kept;
      EXPECT_EQ(events[user_id], kept) << user_id << " in batches of " << size;
    }
  }
}

}  // namespace
}  // namespace freshet::test
