// Two ids that turn out to be one user: on one task, on two, in any order.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "models/decay.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

std::string Identify(const std::string& anonymous, const std::string& user, const std::string& event_id) {
  return fmt::format(R"({{"type":"identify","user_id":"{}","anonymous_id":"{}","event_id":"{}"}})", user,
                     anonymous, event_id);
}

/// Four user tasks and one item task, with the topics between them: each task reads its links in order, and
/// when it does is the test's choice.
class Tasks {
 public:
  static constexpr int kTasks = 4;

  Tasks() {
    for (int p = 0; p < kTasks; ++p) {
      UserOperatorOptions options = UserOptions();
      options.partition = {p};
      options.user_partitions = kTasks;
      options.publish.refresh_users = 0;
      operators_.push_back(std::make_unique<UserOperator>(options));
      tasks_.push_back(std::make_unique<TaskDriver>(*operators_.back(), Partition{p}));
      tasks_.back()->Pin(view_.Publish());
    }
  }
  static int HomeOf(const std::string& id) { return PartitionForKey(id, kTasks).value; }
  TaskDriver& TaskOf(const std::string& id) { return *tasks_[static_cast<std::size_t>(HomeOf(id))]; }

  void Send(std::uint32_t input, const std::string& key, const std::string& json) {
    Record record;
    record.key = key;
    record.value = json;
    record.timestamp = {now_ms += 1000};
    TaskOf(key).Feed(input, std::move(record));
  }
  void Click(const std::string& id, const std::string& item, const std::string& event_id) {
    Send(0, id,
         fmt::format(R"({{"type":"click","anonymous_id":"{}","item_id":"{}","event_id":"{}"}})", id, item,
                     event_id));
  }
  void Rate(const std::string& id, const std::string& item, int stars, const std::string& event_id) {
    Send(1, id,
         fmt::format(R"({{"user_id":"{}","item_id":"{}","rating":{},"event_id":"{}"}})", id, item, stars,
                     event_id));
  }
  /// Ends the batches of all tasks; what they wrote waits.
  void Close() {
    for (int p = 0; p < kTasks; ++p) Close(p);
  }
  void Close(int p) {
    TaskDriver& task = *tasks_[static_cast<std::size_t>(p)];
    task.Close();
    for (OutputRecord& out : task.TakeEmitted()) {
      if (out.to.topic == "user-links") {
        links_[static_cast<std::size_t>(out.to.partition.value)].push_back(std::move(out));
      } else if (out.to.topic == "item-deltas") {
        deltas_.push_back(std::move(out));
      } else if (out.to.topic == "item-model") {
        continue;  // sessions, which these lists do without
      } else if (out.value) {
        auto list = DecodeRecommendationList(*out.value);
        ASSERT_TRUE(list.ok());
        lists[*out.key] = std::move(*list);
      } else {
        lists.erase(*out.key);
      }
    }
  }
  /// One link for the task of partition p, in a batch of its own; false: none waits.
  bool Deliver(int p) {
    auto& waiting = links_[static_cast<std::size_t>(p)];
    if (waiting.empty()) return false;
    Record record;
    record.key = waiting.front().key;
    record.value = waiting.front().value;
    record.headers = waiting.front().headers;
    record.timestamp = waiting.front().timestamp.value_or(Timestamp{now_ms});
    waiting.pop_front();
    tasks_[static_cast<std::size_t>(p)]->Feed(kLinksInput, std::move(record));
    Close(p);
    return true;
  }
  int Settle() {
    Close();
    int delivered = 0;
    for (bool any = true; any;) {
      any = false;
      for (int p = 0; p < kTasks; ++p) {
        while (Deliver(p)) {
          any = true;
          EXPECT_LT(++delivered, 1000) << "links go round in a circle";
          if (delivered >= 1000) return delivered;
        }
      }
    }
    return delivered;
  }
  /// The item task learns all; the tasks see it when `pin`.
  void Learn(bool pin) {
    for (OutputRecord& delta : deltas_) {
      Record record;
      record.value = std::move(delta.value);
      record.timestamp = {now_ms};
      items_.Feed(0, std::move(record));
    }
    deltas_.clear();
    items_.Close();
    for (OutputRecord& out : items_.TakeEmitted()) {
      Record record;
      record.offset = {offset_++};
      record.key = out.key;
      record.value = out.value;
      EXPECT_TRUE(view_.Apply({0}, record).ok());
    }
    view = view_.Publish();
    for (auto& task : tasks_) {
      if (pin) task->Pin(view);
    }
  }
  UserState Load(const std::string& id) { return *UserState::Load(TaskOf(id).state(), id, {}); }

  std::int64_t now_ms = TestDriver::kStart;
  std::map<std::string, RecommendationList> lists;
  std::shared_ptr<const ItemSnapshot> view;

 private:
  std::vector<std::unique_ptr<UserOperator>> operators_;
  std::vector<std::unique_ptr<TaskDriver>> tasks_;
  ItemOperator item_operator_{{}};
  TaskDriver items_{item_operator_};
  ItemViewBuilder view_{{}, 1};
  std::int64_t offset_ = 0;
  std::vector<OutputRecord> deltas_;
  std::map<std::size_t, std::deque<OutputRecord>> links_;
};

/// An id that the task of partition p owns.
std::string IdAt(int p, const std::string& prefix) {
  for (int i = 0;; ++i) {
    std::string id = fmt::format("{}{}", prefix, i);
    if (Tasks::HomeOf(id) == p) return id;
  }
}

std::vector<std::string> ItemsOf(const UserState& user) {
  std::vector<std::string> ids;
  for (const HistoryEvent& event : user.history()) {
    if (event.weight != 0) ids.push_back(event.event_id);
  }
  return ids;
}

class Identified : public ::testing::TestWithParam<int> {
 protected:
  const std::string visitor = IdAt(GetParam(), "visitor");
  const std::string ada = IdAt(1, "ada");
};
INSTANTIATE_TEST_SUITE_P(OnTheSameTaskAndOnAnother, Identified, ::testing::Values(1, 3));

TEST_P(Identified, EverythingMovesToTheKnownUserAndNothingStays) {
  Tasks tasks;
  tasks.Click(ada, "a", "1");
  tasks.Click(visitor, "b", "2");
  tasks.Send(
      2, visitor,
      fmt::format(R"({{"request_id":"r","user_id":"{}","type":"dismiss","item_id":"x","event_id":"3"}})",
                  visitor));
  tasks.Rate(visitor, "c", 5, "4");
  tasks.Send(0, ada, Identify(visitor, ada, "5"));
  tasks.Settle();
  const UserState user = tasks.Load(ada);
  EXPECT_EQ(ItemsOf(user), (std::vector<std::string>{"1", "2", "4"}));
  ASSERT_EQ(user.dismissals().size(), 1U);
  EXPECT_EQ(user.dismissals()[0].item, KeyOfItem("x"));
  EXPECT_EQ(user.facts.ratings.ratings, 1U);
  EXPECT_TRUE(RatingRecord::Load(tasks.TaskOf(ada).state(), ada, KeyOfItem("c")).has_value());
  EXPECT_TRUE(tasks.Load(visitor).empty());
  for (const auto& [key, value] : tasks.TaskOf(visitor).Committed()) {
    const bool of_visitor = key.find(visitor) != std::string::npos;
    EXPECT_TRUE(!of_visitor || key[0] == kAliasTable || key[0] == kActiveTable) << key;
  }
  // Event ids came along: the same event sent again counts once.
  tasks.Click(ada, "b", "2");
  EXPECT_EQ(tasks.TaskOf(ada).counts.duplicate, 1);
}

TEST_P(Identified, WhatStillComesForTheVisitorFollows) {
  Tasks tasks;
  tasks.Click(visitor, "b", "1");
  tasks.Send(0, ada, Identify(visitor, ada, "2"));
  tasks.Settle();
  tasks.Click(visitor, "c", "3");
  tasks.Click(visitor, "c", "3");
  tasks.Rate(visitor, "d", 4, "4");
  tasks.Settle();
  EXPECT_EQ(ItemsOf(tasks.Load(ada)), (std::vector<std::string>{"1", "3", "4"}));
  EXPECT_TRUE(tasks.Load(visitor).empty());
  tasks.Send(0, visitor,
             fmt::format(R"({{"type":"retract","user_id":"{}","item_id":"c","retracts":"3"}})", visitor));
  tasks.Settle();
  EXPECT_EQ(ItemsOf(tasks.Load(ada)), (std::vector<std::string>{"1", "4"}));
}

TEST_P(Identified, BeforeTheFirstEventAndTwiceAndByItself) {
  Tasks tasks;
  tasks.Send(0, ada, Identify(visitor, ada, "1"));
  tasks.Settle();
  tasks.Click(visitor, "b", "2");
  tasks.Send(0, ada, Identify(visitor, ada, "3"));
  tasks.Send(0, ada, Identify(ada, ada, "4"));
  tasks.Settle();
  EXPECT_EQ(ItemsOf(tasks.Load(ada)), (std::vector<std::string>{"2"}));
}

TEST_P(Identified, TheItemsAreAsIfItHadBeenOneUserAllAlong) {
  Tasks apart;
  Tasks one;
  std::mt19937 random(11);
  for (int i = 0; i < 40; ++i) {
    const std::string item = fmt::format("i{}", random() % 9);
    const std::string who = random() % 2 == 0 ? visitor : ada;
    apart.Click(who, item, fmt::format("e{}", i));
    one.Click(ada, item, fmt::format("e{}", i));
    if (i % 7 == 0) apart.Close();
  }
  apart.Send(0, ada, Identify(visitor, ada, "id"));
  one.now_ms = apart.now_ms;
  apart.Settle();
  one.Settle();
  apart.Learn(true);
  one.Learn(true);
  EXPECT_EQ(ItemsOf(apart.Load(ada)), ItemsOf(one.Load(ada)));
  for (int i = 0; i < 9; ++i) {
    const ItemModel* a = apart.view->Find(KeyOfItem(fmt::format("i{}", i)));
    const ItemModel* b = one.view->Find(KeyOfItem(fmt::format("i{}", i)));
    ASSERT_EQ(a == nullptr, b == nullptr);
    if (a == nullptr) continue;
    EXPECT_EQ(a->events, b->events);
    std::map<std::uint64_t, float> cells;
    for (const RowCell& cell : a->row) cells[cell.item.value] += cell.forward;
    for (const RowCell& cell : b->row) cells[cell.item.value] -= cell.forward;
    for (const auto& [other, difference] : cells) EXPECT_NEAR(difference, 0, 1e-4);
  }
}

TEST_P(Identified, AnEventSentUnderBothIdsCountsOnce) {
  Tasks tasks;
  tasks.Click(visitor, "b", "1");
  tasks.Click(ada, "b", "1");
  tasks.Rate(visitor, "c", 5, "2");
  tasks.Rate(ada, "c", 5, "2");
  tasks.Rate(visitor, "d", 5, "3");
  tasks.Rate(ada, "d", 2, "4");
  tasks.Send(0, ada, Identify(visitor, ada, "5"));
  tasks.Settle();
  tasks.Learn(true);
  EXPECT_EQ(ItemsOf(tasks.Load(ada)), (std::vector<std::string>{"1", "2", "4"}));
  EXPECT_EQ(tasks.Load(ada).facts.ratings.ratings, 2U);
  for (const std::string item : {"b", "c"}) EXPECT_EQ(tasks.view->Find(KeyOfItem(item))->events, 1U) << item;
  EXPECT_EQ(tasks.view->Find(KeyOfItem("c"))->ratings, 1U);
  EXPECT_EQ(tasks.view->Find(KeyOfItem("d"))->ratings, 1U) << "the newer of the two";
  // The one that counts can be taken back.
  tasks.Send(0, ada, fmt::format(R"({{"type":"retract","user_id":"{}","item_id":"b","retracts":"1"}})", ada));
  tasks.Settle();
  tasks.Learn(true);
  EXPECT_EQ(tasks.view->Find(KeyOfItem("b"))->events, 0U);
}

TEST_P(Identified, ALongLifeOverflowsTheHistoryNotTheMemoryOfWhatWasSeen) {
  Tasks tasks;
  for (int i = 0; i < 300; ++i) {
    tasks.Click(i % 2 == 0 ? visitor : ada, fmt::format("i{}", i), fmt::format("e{}", i));
    if (i % 50 == 49) tasks.Close();
  }
  tasks.Send(0, ada, Identify(visitor, ada, "id"));
  tasks.Settle();
  UserState user = tasks.Load(ada);
  EXPECT_GE(user.history().size(), 200U);
  EXPECT_EQ(user.history().back().event_id, "e299");
  EXPECT_EQ(user.SeenItems(tasks.TaskOf(ada).state()).size(), 300U);
  // And life goes on.
  for (int i = 300; i < 340; ++i) tasks.Click(visitor, fmt::format("i{}", i), fmt::format("e{}", i));
  tasks.Settle();
  user = tasks.Load(ada);
  EXPECT_EQ(user.history().back().event_id, "e339");
  EXPECT_EQ(user.SeenItems(tasks.TaskOf(ada).state()).size(), 340U);
}

TEST_P(Identified, TheListIsTheKnownUsersAndTheReasonsNameWhereEventsAre) {
  Tasks tasks;
  for (int user = 0; user < 6; ++user) {
    for (const std::string item : {"b", "c", "d"})
      tasks.Click(fmt::format("crowd{}", user), item, fmt::format("{}{}", item, user));
  }
  tasks.Settle();
  tasks.Learn(true);
  tasks.Click(visitor, "b", "1");
  tasks.Close();
  ASSERT_TRUE(tasks.lists.contains(visitor));
  tasks.Send(0, ada, Identify(visitor, ada, "who"));
  tasks.Settle();
  EXPECT_FALSE(tasks.lists.contains(visitor)) << "a null takes its list away";
  ASSERT_TRUE(tasks.lists.contains(ada));
  EXPECT_EQ(tasks.lists[ada].trigger->event_id, "who");
  EXPECT_EQ(tasks.lists[ada].trigger->partition.value, Tasks::HomeOf(ada));
  const std::string from_visitor = fmt::format("interactions/{}/", Tasks::HomeOf(visitor));
  bool named = false;
  for (const RecommendedItem& item : tasks.lists[ada].items) {
    for (const Reason& reason : item.reasons) {
      for (const std::string& place : reason.evidence.coordinates)
        named = named || place.starts_with(from_visitor);
    }
  }
  EXPECT_TRUE(named);
}

TEST(IdentifiedInACircle, EndsAndLosesNothing) {
  Tasks tasks;
  const std::string left = IdAt(0, "left");
  const std::string right = IdAt(2, "right");
  tasks.Click(left, "a", "1");
  tasks.Click(right, "b", "2");
  tasks.Send(0, left, Identify(right, left, "3"));
  tasks.Send(0, right, Identify(left, right, "4"));
  EXPECT_LT(tasks.Settle(), 60);
  tasks.Click(left, "c", "5");
  tasks.Click(right, "d", "6");
  EXPECT_LT(tasks.Settle(), 60);
  std::vector<std::string> all = ItemsOf(tasks.Load(left));
  for (const std::string& event : ItemsOf(tasks.Load(right))) all.push_back(event);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"1", "2", "5", "6"}));
}

TEST(IdentifiedInAChain, FollowsToTheLast) {
  Tasks tasks;
  const std::string first = IdAt(0, "first");
  const std::string second = IdAt(1, "second");
  const std::string third = IdAt(2, "third");
  tasks.Click(first, "a", "1");
  tasks.Send(0, second, Identify(first, second, "2"));
  tasks.Send(0, third, Identify(second, third, "3"));
  tasks.Settle();
  tasks.Click(first, "b", "4");
  tasks.Settle();
  EXPECT_EQ(ItemsOf(tasks.Load(third)), (std::vector<std::string>{"1", "4"}));
}

}  // namespace
}  // namespace freshet::test
