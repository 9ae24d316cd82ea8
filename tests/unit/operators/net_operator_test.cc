#include "operators/net_operator.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/fused_lanes.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

NetTrainingOptions Small() {
  NetTrainingOptions options;
  options.net.events_max = kNetRecentEvents;
  options.publish_every = 64;
  options.checkpoint_every = 150;
  return options;
}

/// The net task and the view that it publishes to.
class NetDriver {
 public:
  explicit NetDriver(const NetTrainingOptions& options = Small()) : operator_(options), task(operator_) {}

  void Teach(const std::vector<NetLesson>& lessons) {
    Record record;
    record.value = EncodeNetLessons(lessons);
    record.timestamp = {now_ms += 1000};
    task.Feed(0, std::move(record));
  }
  void Close() {
    task.Close();
    for (OutputRecord& out : task.TakeEmitted()) {
      EXPECT_EQ(out.to.topic, "item-model");
      Record record;
      record.offset = {view_next_++};
      record.key = out.key;
      record.value = out.value;
      EXPECT_TRUE(view_.Apply({0}, record).ok());
      published[*out.key] = *out.value;
      ++records;
    }
  }
  /// The process ends and another begins with the committed state.
  void Restart() { operator_.Discard(); }
  std::shared_ptr<const ItemSnapshot> View() { return view_.Publish(); }

 private:
  NetOperator operator_;
  ItemViewBuilder view_{{}, 1};
  std::int64_t view_next_ = 0;

 public:
  TaskDriver task;
  std::map<std::string, std::string> published;  ///< the newest value of each key
  std::size_t records = 0;
  std::int64_t now_ms = 0;
};

NetLesson RandomLesson(Random& random) { return {random.Below(30), {MixBits(1 + random.Below(150))}}; }

std::vector<NetLesson> RandomLessons(Random& random) {
  std::vector<NetLesson> lessons(1 + random.Below(20));
  for (NetLesson& lesson : lessons) lesson = RandomLesson(random);
  return lessons;
}

TEST(NetOperator, PublishesWhatFollowsWhat) {
  NetDriver driver;
  Random random(1);
  const auto key = [](std::uint64_t item) { return ItemKey{MixBits(item + 1)}; };
  for (std::uint64_t user = 0; user < 300; ++user) {
    std::vector<NetLesson> lessons;
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t pair = random.Below(10);
      lessons.push_back({user, key(2 * pair)});
      lessons.push_back({user, key(2 * pair + 1)});
    }
    driver.Teach(lessons);
    driver.Close();
  }
  const auto view = driver.View();
  ASSERT_NE(view->Net(), nullptr);
  const NetTable& net = *view->Net();
  ASSERT_EQ(net.items(), 20u);
  int first = 0;
  for (std::uint64_t pair = 0; pair < 10; ++pair) {
    const NetVector& past = net.vector(*net.Find(key(2 * pair)));
    NetVector output;
    for (std::size_t i = 0; i < kNetWidth; ++i) output[i] = net.kernels()[0][i] * past[i];
    const auto score = [&](std::uint64_t item) {
      const std::uint32_t number = *net.Find(key(item));
      return SumLanes(DotLanes(output.data(), net.vector(number).data(), kNetWidth)) + net.bias(number);
    };
    int better = 0;
    for (std::uint64_t other = 0; other < 20; ++other) {
      better += other / 2 != pair && score(other) > score(2 * pair + 1);
    }
    first += better == 0;
  }
  EXPECT_GE(first, 8) << "of 10 pairs";
}

TEST(NetOperator, ARestartOrAnAbortedBatchChangesNothing) {
  NetDriver plain;
  NetDriver disturbed;
  Random random(2);
  Random faults(3);
  for (int batch = 0; batch < 60; ++batch) {
    const std::vector<NetLesson> lessons = RandomLessons(random);
    plain.Teach(lessons);
    plain.Close();
    if (faults.Chance(0.3)) {
      disturbed.Teach(lessons);
      disturbed.task.Abort(faults.Chance(0.5));
    }
    disturbed.Teach(lessons);
    disturbed.Close();
    if (faults.Chance(0.2)) disturbed.Restart();
  }
  EXPECT_GT(plain.records, 10u);
  EXPECT_EQ(plain.records, disturbed.records);
  EXPECT_EQ(plain.published, disturbed.published);
  EXPECT_EQ(plain.task.Committed(), disturbed.task.Committed());
}

TEST(NetOperator, WritesFewBytesBetweenCheckpoints) {
  NetDriver driver;
  Random random(4);
  std::size_t pending = 0;
  std::size_t checkpoints = 0;
  for (int batch = 0; batch < 100; ++batch) {
    driver.Teach({RandomLesson(random), RandomLesson(random), RandomLesson(random)});
    driver.Close();
    pending = 0;
    std::size_t rows = 0;
    for (const auto& [key, value] : driver.task.Committed()) {
      pending += key.front() == 'p';
      rows += key.front() == 'i';
    }
    checkpoints += pending == 0;
    EXPECT_LE(pending, 50u);
    EXPECT_TRUE(checkpoints > 0 || rows == 0);
  }
  EXPECT_EQ(checkpoints, 2u);
}

TEST(NetOperator, TrainsWithASampleOfALongQueue) {
  NetTrainingOptions options = Small();
  options.steps_max = 10;
  NetTrainer trainer(options);
  Random random(5);
  std::vector<NetLesson> lessons;
  for (std::uint64_t i = 0; i < 100; ++i) lessons.push_back({i % 10, {MixBits(i + 1)}});
  trainer.Learn(lessons);
  EXPECT_EQ(trainer.net().history().events(), 100u) << "all are remembered";
  EXPECT_GE(trainer.net().statistics().steps, 8u);
  EXPECT_LE(trainer.net().statistics().steps, 10u);
}

TEST(NetOperator, DamagedStateStopsTheTask) {
  for (const char table : {'g', 'i', 'u', 'r', 'p', 'h'}) {
    NetDriver driver;
    Random random(6);
    for (int batch = 0; batch < 30; ++batch) {
      driver.Teach(RandomLessons(random));
      driver.Close();
    }
    driver.Teach({RandomLesson(random)});
    driver.Close();
    std::string key;
    for (const auto& [each, value] : driver.task.Committed()) {
      if (each.front() == table) key = each;
    }
    ASSERT_FALSE(key.empty()) << table;
    driver.task.state().Put(key, "\x7f");
    NetOperator again(Small());
    Record record;
    record.value = EncodeNetLessons(std::vector<NetLesson>{RandomLesson(random)});
    again.Process({0, &record}, driver.task);
    again.CloseBatch(driver.task);
    ASSERT_TRUE(driver.task.Failure().has_value()) << table;
    EXPECT_EQ(driver.task.Failure()->code, ErrorCode::kCorrupt);
  }
}

TEST(NetOperator, RefusesWhatIsNoRecordOfLessons) {
  NetDriver driver;
  Record record;
  record.value = "nonsense";
  driver.task.Feed(0, std::move(record));
  EXPECT_EQ(driver.task.counts.rejected, 1);
  driver.Close();
  EXPECT_EQ(driver.View()->Net(), nullptr);
}

TEST(NetLessons, DecodeWhatWasEncodedAndNothingElse) {
  const std::vector<NetLesson> lessons = {{1, {2}}, {~std::uint64_t{0}, {3}}};
  const std::string bytes = EncodeNetLessons(lessons);
  const auto decoded = DecodeNetLessons(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, lessons);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeNetLessons(bytes.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeNetLessons(bytes + "x").ok());
}

TEST(UserOperator, PassesPositiveEventsToTheNetworkWhereItIsOn) {
  for (const bool on : {false, true}) {
    UserOperatorOptions options = UserOptions();
    options.teach_network = on;
    TestDriver driver(options);
    driver.Interact("anna", "a");
    driver.Interact("ben", "b", "dislike");
    driver.Interact("anna", "c", "purchase");
    driver.user.Close();
    std::vector<NetLesson> lessons;
    for (const OutputRecord& out : driver.user.TakeEmitted()) {
      if (out.to.topic != "net-lessons") continue;
      const auto decoded = DecodeNetLessons(*out.value);
      ASSERT_TRUE(decoded.ok());
      lessons.insert(lessons.end(), decoded->begin(), decoded->end());
    }
    const std::vector<NetLesson> expected = {{Hash64("anna"), KeyOfItem("a")},
                                             {Hash64("anna"), KeyOfItem("c")}};
    EXPECT_EQ(lessons, on ? expected : std::vector<NetLesson>());
  }
}

}  // namespace
}  // namespace freshet::test
