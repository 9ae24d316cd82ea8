// What the item task makes of the catalogue's texts: terms that are counted, content that is published.
#include <gtest/gtest.h>

#include "models/content_code.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

Record Entry(const std::string& item_id, const std::string& title, const std::string& genre) {
  Record record;
  record.key = item_id;
  record.value = fmt::format(R"({{"item_id":"{}","item_type":"movie","title":"{}","categories":["{}"]}})",
                             item_id, title, genre);
  record.timestamp = {1000};
  return record;
}

Record Gone(const std::string& item_id) {
  Record record;
  record.key = item_id;
  record.timestamp = {1000};
  return record;
}

/// An item task and the newest model of each item that it published.
struct Shop {
  void Send(const std::vector<Record>& records) {
    for (const Record& record : records) task.Feed(1, record);
    task.Close();
    for (const OutputRecord& out : task.TakeEmitted()) {
      auto model = DecodeItemModel(*out.value);
      if (model.ok()) models[out.key.value()] = *model;
    }
  }
  std::map<std::string, std::string> Counts() {
    std::map<std::string, std::string> counts;
    for (const auto& [key, value] : task.Committed()) {
      if (key.front() == kTermTable) counts[key] = value;
    }
    return counts;
  }
  double Likeness(const std::string& a, const std::string& b) {
    return static_cast<double>(ContentProduct(DecodeContent(models.at(a).content), models.at(b).content));
  }
  static ItemOperatorOptions WithContent() {
    ItemOperatorOptions options;
    options.content = true;
    return options;
  }
  ItemOperator op{WithContent()};
  TaskDriver task{op};
  std::map<std::string, ItemModel> models;
};

TEST(Content, IsPublishedAsSoonAsTheEntryIsThere) {
  Shop shop;
  shop.Send({Entry("a", "Alien", "Horror"), Entry("b", "Aliens", "Horror"), Entry("c", "Amelie", "Romance")});
  EXPECT_GT(shop.Likeness("a", "b"), shop.Likeness("a", "c") + 0.2);
  EXPECT_EQ(shop.models.at("a").events, 0u);
}

TEST(Content, TheCountsAreThoseOfTheNewestEntries) {
  Shop once;
  once.Send({Entry("a", "Alien", "Horror"), Entry("b", "Brazil", "Comedy")});
  Shop often;
  often.Send({Entry("a", "Something else", "Drama"), Entry("c", "Gone soon", "War")});
  often.Send({Entry("b", "Brazil", "Comedy"), Entry("a", "Alien", "Horror")});
  often.Send({Entry("b", "Brazil", "Comedy"), Gone("c"), Gone("c"), Gone("never-there")});
  EXPECT_EQ(once.Counts(), often.Counts());
  EXPECT_FALSE(often.models.at("c").content.known());
  often.Send({Gone("a"), Gone("b")});
  EXPECT_TRUE(often.Counts().empty());
}

TEST(Content, ABatchThatIsGivenUpCountsNothing) {
  Shop shop;
  shop.task.Feed(1, Entry("a", "Alien", "Horror"));
  shop.task.Abort(true);
  shop.Send({Entry("a", "Alien", "Horror")});
  Shop other;
  other.Send({Entry("a", "Alien", "Horror")});
  EXPECT_EQ(shop.Counts(), other.Counts());
}

TEST(Content, DamagedCountsStopTheTask) {
  Shop shop;
  shop.Send({Entry("a", "Alien", "Horror")});
  for (const auto& [key, value] : shop.Counts()) shop.task.state().Put(key, "damaged");
  shop.task.Feed(1, Entry("b", "Alien", "Horror"));
  EXPECT_TRUE(shop.task.Failure().has_value());
}

TEST(Content, IsNeitherCountedNorKeptWhereNothingReadsIt) {
  ItemOperator op{{}};
  TaskDriver task{op};
  task.Feed(1, Entry("a", "Alien", "Horror"));
  task.Close();
  for (const auto& [key, value] : task.Committed()) EXPECT_NE(key.front(), kTermTable);
  for (const OutputRecord& out : task.TakeEmitted()) {
    const auto model = DecodeItemModel(*out.value);
    EXPECT_TRUE(!model.ok() || !model->content.known());
  }
}

TEST(Content, SurvivesEventsOfItsItem) {
  Shop shop;
  shop.Send({Entry("a", "Alien", "Horror")});
  const auto before = shop.models.at("a").content.codes;
  ItemDelta delta(KeyOfItem("a"));
  delta.item_id = "a";
  delta.AddEvent(1, 1, {2000}, ItemModelOptions().half_lives);
  DeltaRecord deltas;
  std::string bytes;
  delta.Encode(bytes);
  deltas.deltas.push_back(bytes);
  Record record;
  record.value = EncodeDeltaRecord(deltas);
  record.timestamp = {2000};
  shop.task.Feed(0, record);
  shop.task.Close();
  for (const OutputRecord& out : shop.task.TakeEmitted()) {
    if (out.key != "a") continue;
    EXPECT_EQ(DecodeItemModel(*out.value)->content.codes, before);
  }
}

}  // namespace
}  // namespace freshet::test
