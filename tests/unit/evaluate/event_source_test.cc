#include "evaluate/event_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "evaluate/interaction_list.h"
#include "text_file.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-evaluate-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Files() override { std::filesystem::remove_all(root_); }
  std::string Write(const std::string& text) {
    const auto path = root_ / ("file" + std::to_string(files_++));
    WriteText(path, text);
    return path.string();
  }
  EventSourceOptions Table(const std::string& text) {
    EventSourceOptions options;
    options.path = Write(text);
    return options;
  }
  /// All events as "user item ms", then the error.
  static std::vector<std::string> Read(const EventSourceOptions& options) {
    std::vector<std::string> read;
    auto source = EventSource::Open(options);
    if (!source.ok()) return {source.error().message};
    while (true) {
      auto event = source->Next();
      if (!event.ok()) {
        read.push_back(event.error().message);
        return read;
      }
      if (!*event) return read;
      read.push_back((*event)->user_id + " " + (*event)->item_id + " " + std::to_string((*event)->at.ms));
    }
  }

 private:
  std::filesystem::path root_;
  int files_ = 0;
};

TEST_F(Files, ColumnsStandInAnyOrderBesideOthers) {
  EXPECT_THAT(Read(Table("Time\tCatId\tItemId\tSessionId\n1411462780.5\t7\ti\ts\n1411462781\t7\tj\ts\n")),
              ElementsAre("s i 1411462780500", "s j 1411462781000"));
}

TEST_F(Files, AValueIsARatingOnlyWhereRatingsAreAskedFor) {
  EventSourceOptions options = Table("user\titem\ttime\tvalue\nu\ti\t100\t9\n");
  EXPECT_THAT(Read(options), ElementsAre("u i 100000"));
  options.as = ReadAs::kRatings;
  EXPECT_THAT(Read(options), ElementsAre(HasSubstr("value is 9, outside the rating scale 1 to 5")));
  options.rating_max = 10;
  auto source = EventSource::Open(options);
  ASSERT_TRUE(source.ok());
  const auto event = source->Next();
  ASSERT_TRUE(event.ok() && event->has_value());
  EXPECT_EQ(std::get<Rating>((*event)->event).rating, 9);
}

TEST_F(Files, MustBeInOrderOfTime) {
  const auto read = Read(Table("user\titem\ttime\nu\ti\t100\nu\tj\t100\nu\tk\t99\n"));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_THAT(read[2], HasSubstr("line 4: the event is older than the one before it"));
}

TEST_F(Files, MayLackTimesWhereTheyAreOptional) {
  EventSourceOptions options = Table("1,7,5\n2,7,3\n");
  options.format = "movielens";
  EXPECT_THAT(Read(options), ElementsAre(HasSubstr("line 1: the event has no time")));
  options.times_optional = true;
  EXPECT_THAT(Read(options), ElementsAre("1 movie:7 1000000000000", "2 movie:7 1000000001000"));
}

TEST_F(Files, OfOurOwnEventsHoldAllTopics) {
  EventSourceOptions options = Table(
      "{\"item_id\":\"i\",\"item_type\":\"film\",\"title\":\"t\"}\n"
      "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"occurred_at\":1000000000000}\n"
      "\n"
      "{\"user_id\":\"u\",\"item_id\":\"j\",\"rating\":4,\"rated_at\":1000000001000}\n"
      "{\"user_id\":\"u\",\"type\":\"view\"}\n");
  options.format = EventSourceOptions::kLines;
  const auto read = Read(options);
  ASSERT_EQ(read.size(), 4u);
  EXPECT_EQ(read[0], " i 0");
  EXPECT_EQ(read[1], "u i 1000000000000");
  EXPECT_EQ(read[2], "u j 1000000001000");
  EXPECT_THAT(read[3], HasSubstr("line 5: "));
}

TEST_F(Files, AQuantileOfTheTimesIsFoundByReadingTwice) {
  const EventSourceOptions options =
      Table("user\titem\ttime\nu\ta\t10\nu\tb\t20\nu\tc\t30\nu\td\t40\nu\te\t50\n");
  EXPECT_EQ(TimeQuantile(options, 0)->ms, 10'000);
  EXPECT_EQ(TimeQuantile(options, 0.5)->ms, 30'000);
  EXPECT_EQ(TimeQuantile(options, 1)->ms, 50'000);
  EXPECT_EQ(TimeQuantile(Table("user\titem\ttime\n"), 0.5)->ms, 0);
}

std::vector<std::string> Names(const InteractionList& list) {
  std::vector<std::string> names;
  for (const auto& row : list.rows) names.push_back(list.users[row.user] + list.items[row.item]);
  return names;
}

TEST_F(Files, ATableInMemoryIsSortedAndKeepsTheOrderOfEqualTimes) {
  const auto list = ReadTable(Write("SessionId\tItemId\tTime\nb\t1\t20\nb\t2\t30\na\t3\t10\na\t1\t20\n"));
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(Names(*list), ElementsAre("a3", "b1", "a1", "b2"));
  EXPECT_EQ(list->ByUser()[0].size(), 2u);
}

TEST_F(Files, LinesBecomeOneStreamAtAnEvenPace) {
  const auto read = ReadSequences(Write("x a b c d\ny e f\n"), {.user_first = true});
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(Names(read->stream), ElementsAre("xa", "ye", "xb", "xc", "yf", "xd"));
  for (std::size_t i = 1; i < read->stream.rows.size(); ++i)
    EXPECT_GT(read->stream.rows[i].at, read->stream.rows[i - 1].at);
}

TEST_F(Files, TheEndsOfLinesAreHeldBack) {
  const auto read = ReadSequences(Write("a b c\nd e\n\nf g h i\n"), {.hold_back = 2});
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(Names(read->stream), ElementsAre("4f", "1a", "4g")) << "users are the numbers of the lines";
  ASSERT_EQ(read->held_back.size(), 3u);
  EXPECT_EQ(read->stream.items[read->held_back[2][1]], "i");
}

TEST_F(Files, AShuffleDependsOnItsSeedAlone) {
  const std::string path = Write("u 1 2 3 4 5 6 7 8 9 10\n");
  const auto names = [&](std::uint64_t seed) {
    return Names(ReadSequences(path, {.user_first = true, .shuffle = true, .seed = seed})->stream);
  };
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
  auto sorted = names(1);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_THAT(sorted, ElementsAre("u1", "u10", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"));
}

}  // namespace
}  // namespace freshet
