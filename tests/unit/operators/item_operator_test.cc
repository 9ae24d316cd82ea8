// The item task: base and pending deltas, the catalogue's rules, and how often an item is published.
#include <gtest/gtest.h>

#include "base/random.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

ItemDelta Event(const std::string& item_id, std::int64_t at) {
  ItemDelta delta(KeyOfItem(item_id));
  delta.item_id = item_id;
  delta.AddEvent(1, 1, {at}, ItemModelOptions().half_lives);
  return delta;
}

Record DeltasOf(const std::vector<std::string>& item_ids, std::int64_t at) {
  DeltaRecord deltas;
  for (const std::string& item_id : item_ids) {
    std::string bytes;
    Event(item_id, at).Encode(bytes);
    deltas.deltas.push_back(std::move(bytes));
  }
  Record record;
  record.value = EncodeDeltaRecord(deltas);
  record.timestamp = {at};
  return record;
}

Record CatalogueRecord(const std::string& item_id) {
  Record record;
  record.key = item_id;
  record.value = fmt::format(R"({{"item_id":"{}","item_type":"product","title":"T"}})", item_id);
  record.timestamp = {1000};
  return record;
}

int PublicationsOf(const std::string& item_id, TaskDriver& task) {
  int publications = 0;
  for (const OutputRecord& out : task.TakeEmitted()) publications += out.key == item_id ? 1 : 0;
  return publications;
}

TEST(ItemStateStory, BaseAndPendingDeltasLoadAsWhatWasKeptInMemory) {
  const ItemModelOptions options;
  MapState below;
  Overlay overlay(below);
  auto kept = ItemState::Load(overlay, KeyOfItem("a"), options);
  ASSERT_TRUE(kept.ok());
  LandmarkWeight weight(options.row_half_life);
  for (std::int64_t i = 0; i < 60; ++i) {
    ItemDelta delta = Event("a", 1'700'000'000'000 + i * 3'600'000);
    delta.AddCell({KeyOfItem("a"), KeyOfItem(fmt::format("o{}", i % 7)), 1.F, 0.5F, 0, 0, delta.last_event},
                  weight);
    std::string encoded;
    delta.Encode(encoded);
    auto loaded = ItemState::Load(overlay, KeyOfItem("a"), options);
    ASSERT_TRUE(loaded.ok());
    loaded->Fold(delta, options);
    kept->Fold(delta, options);
    EXPECT_EQ(EncodeItemModel(loaded->ToModel()), EncodeItemModel(kept->ToModel())) << "delta " << i;
    loaded->Save(overlay, encoded);
    below.Apply(overlay);
    overlay.Clear();
  }
  EXPECT_EQ(kept->facts().events, 60U);
  EXPECT_LE(below.Entries().size(), 1 + ItemState::kPendingMax);
}

/// Events, cells, factors, ratings and tastes of some items.
Record LearnedOf(Random& random, std::int64_t at) {
  LandmarkWeight weight(ItemModelOptions().row_half_life);
  DeltaRecord deltas;
  for (int i = 0; i < 5; ++i) {
    ItemDelta delta = Event(fmt::format("item-{}", random.Below(8)), at);
    for (int c = 0; c < 20; ++c) {
      delta.AddCell({delta.item, {1 + random.Below(400)}, 1, 0.5F, 1, 1, {at}}, weight);
    }
    Factor user;
    for (float& entry : user) entry = static_cast<float>(random.Uniform() - 0.5);
    delta.factors.Add(1, user);
    std::string bytes;
    delta.Encode(bytes);
    deltas.deltas.push_back(std::move(bytes));
  }
  Record record;
  record.value = EncodeDeltaRecord(deltas);
  record.timestamp = {at};
  return record;
}

TEST(ItemOperatorStory, ItemsKeptInMemoryAreThoseThatWereStored) {
  ItemOperatorOptions options;
  ItemOperator keeping(options);
  options.items_bytes = 0;
  ItemOperator forgetting(options);
  TaskDriver kept(keeping);
  TaskDriver loaded(forgetting);
  Random random(7);
  for (int batch = 0; batch < 200; ++batch) {
    const Record learned = LearnedOf(random, 1'700'000'000'000 + batch * 86'400'000LL);
    const Record entry = CatalogueRecord(fmt::format("item-{}", random.Below(8)));
    for (TaskDriver* task : {&kept, &loaded}) {
      task->Feed(0, learned);
      if (batch % 10 == 0) task->Feed(1, entry);
    }
    if (batch % 7 == 3) {
      kept.Abort(batch % 2 == 0);
      loaded.Abort(batch % 2 == 0);
      continue;
    }
    kept.Close();
    loaded.Close();
    ASSERT_EQ(kept.Committed(), loaded.Committed()) << "batch " << batch;
  }
  const auto values = [](TaskDriver& task) {
    std::vector<std::string> emitted;
    for (const OutputRecord& out : task.TakeEmitted()) emitted.push_back(out.value.value_or(""));
    return emitted;
  };
  EXPECT_EQ(values(kept), values(loaded));
}

TEST(ItemOperatorStory, ForwardsACatalogueRecordToTheItemsOwner) {
  ItemOperatorOptions options;
  options.item_partitions = 4;
  std::string elsewhere = "item-0";
  for (int i = 1; PartitionForKey(elsewhere, 4).value == 0; ++i) elsewhere = fmt::format("item-{}", i);
  ItemOperator first(options);
  TaskDriver task(first);
  task.Feed(1, CatalogueRecord(elsewhere));
  task.Close();
  std::vector<OutputRecord> emitted = task.TakeEmitted();
  ASSERT_EQ(emitted.size(), 1U);
  EXPECT_EQ(emitted[0].to.topic, "item-deltas");
  EXPECT_EQ(emitted[0].to.partition, PartitionForKey(elsewhere, 4));
  options.partition = emitted[0].to.partition;
  ItemOperator owner(options);
  TaskDriver owning(owner);
  Record forwarded;
  forwarded.value = emitted[0].value;
  owning.Feed(0, forwarded);
  owning.Close();
  EXPECT_EQ(owning.counts.accepted, 1);
  EXPECT_EQ(PublicationsOf(elsewhere, owning), 1);
}

TEST(ItemOperatorStory, RefusesASecondIdWithTheSameKey) {
  ItemOperator op({});
  TaskDriver task(op);
  // Two ids with one hash cannot be made to order: another item's state is put where this one's belongs.
  auto taken = ItemState::Load(task.state(), KeyOfItem("a"), {});
  ASSERT_TRUE(taken.ok());
  taken->SetItemId("taken");
  taken->Save(task.state(), "");
  task.Feed(1, CatalogueRecord("a"));
  ASSERT_EQ(task.letters.size(), 1U);
  EXPECT_EQ(task.letters[0].reason_code, "policy");
  EXPECT_EQ(task.letters[0].path, "/item_id");
  task.Close();
  EXPECT_EQ(PublicationsOf("a", task), 0);
}

TEST(ItemOperatorStory, DamagedDeltasGiveOneDeadLetter) {
  ItemOperator op({});
  TaskDriver task(op);
  Record record = DeltasOf({"a"}, 1000);
  record.value->pop_back();
  task.Feed(0, record);
  record.value.reset();
  task.Feed(0, record);
  EXPECT_EQ(task.counts.rejected, 2);
}

TEST(ItemOperatorStory, ADamagedDeltaIsSkippedAndSaidSoTheOthersCount) {
  ItemOperator op({});
  TaskDriver task(op);
  auto record = DecodeDeltaRecord(*DeltasOf({"a", "b"}, 1000).value);
  ASSERT_TRUE(record.ok());
  record->deltas[0].pop_back();
  Record damaged;
  damaged.value = EncodeDeltaRecord(*record);
  task.Feed(0, damaged);
  ASSERT_EQ(task.skipped.size(), 1U);
  EXPECT_NE(task.skipped[0].find("offset 0"), std::string::npos) << task.skipped[0];
  EXPECT_EQ(task.counts.accepted, 1);
  task.Close();
  EXPECT_EQ(PublicationsOf("b", task), 1);
}

TEST(ItemOperatorStory, DamagedGlobalSumsStopTheTaskAndNameKeyAndBytes) {
  ItemOperator op({});
  TaskDriver task(op);
  task.state().Put("g", "short");
  task.Feed(0, DeltasOf({"a"}, 1000));
  ASSERT_TRUE(task.Failure().has_value());
  EXPECT_EQ(task.Failure()->code, ErrorCode::kCorrupt);
  EXPECT_NE(task.Failure()->message.find("key 'g', 5 bytes"), std::string::npos) << task.Failure()->message;
}

TEST(ItemOperatorStory, ADamagedMixStopsTheTaskAndNamesKeyAndBytes) {
  ItemOperator op({});
  TaskDriver task(op);
  task.state().Put("m", "short");
  DeltaRecord record;
  MixDelta lesson(1);
  lesson.Encode(record.mix);
  Record input;
  input.value = EncodeDeltaRecord(record);
  task.Feed(0, input);
  ASSERT_TRUE(task.Failure().has_value());
  EXPECT_EQ(task.Failure()->code, ErrorCode::kCorrupt);
  EXPECT_NE(task.Failure()->message.find("key 'm', 5 bytes"), std::string::npos) << task.Failure()->message;
}

TEST(GlobalState, UsersCountByTheirWeight) {
  Factor one{};
  one[0] = 1;
  Factor other{};
  other[1] = 1;
  GlobalState twice;
  twice.AddUsers(2, {{1, one}, {1, one}, {1, other}});
  GlobalState weighed;
  weighed.AddUsers(2, {{2, one}, {1, other}});
  const Gramian a = twice.UsersGramian();
  const Gramian b = weighed.UsersGramian();
  for (std::size_t i = 0; i < kPackedFactors; ++i) EXPECT_DOUBLE_EQ(a.packed()[i], b.packed()[i]);
  EXPECT_NEAR(b.packed()[0], 2 * 2.0 / 3, 1e-6);
}

TEST(ItemOperatorStory, PublishesAHotItemLessOftenTheHotterItIs) {
  ItemOperator op({});
  TaskDriver task(op);
  int publications = 0;
  for (int batch = 0; batch < 200; ++batch) {
    std::vector<std::string> items = {"hot"};
    for (int i = 0; i < 40; ++i) items.push_back(fmt::format("cold-{}-{}", batch, i));
    task.Feed(0, DeltasOf(items, 1'700'000'000'000 + batch * 1000));
    task.Close();
    publications += PublicationsOf("hot", task);
  }
  EXPECT_GT(publications, 20);
  EXPECT_LT(publications, 90);
  // A batch that touches few items publishes each of them.
  task.Feed(0, DeltasOf({"hot"}, 1'700'000'300'000));
  task.Close();
  EXPECT_EQ(PublicationsOf("hot", task), 1);
}

}  // namespace
}  // namespace freshet::test
