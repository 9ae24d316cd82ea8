#include "import/session_table.h"
#include "import/user_item_table.h"
#include "unit/import/import_fixture.h"

namespace freshet {
namespace {

TEST(SessionTable, ClicksBelongToTheAnonymousUserOfTheirSession) {
  const Import import =
      Import("session-tsv")
          .Read({"SessionId\tItemId\tTime", "11\t3001\t1700000100.295", "12\t3002\t1700000200"});
  ASSERT_EQ(import.Report().events, 2);
  const Interaction click = import.All<Interaction>()[0];
  EXPECT_EQ(click.type, InteractionType::kClick);
  EXPECT_EQ(click.session_id, "11");
  EXPECT_EQ(click.anonymous_id, "11");
  EXPECT_EQ(click.user_id, "11");
  EXPECT_EQ(click.item_id, "3001");
  EXPECT_EQ(click.occurred_at->ms, 1'700'000'100'295);
  EXPECT_EQ(click.event_id, "11-2");
}

TEST(SessionTable, ColumnsAreFoundByNameInAnyOrder) {
  const Import import = Import("session-tsv").Read({"Time\tCatId\tsession_id\titem_id", "100\t0\ts\ti"});
  EXPECT_EQ(import.All<Interaction>().at(0).item_id, "i");
}

TEST(SessionTable, AMissingColumnIsAnError) {
  EXPECT_EQ(Import("session-tsv").Read({"SessionId\tItemId"}).Failure(),
            "line 1: the header has no column Time; it has: SessionId, ItemId");
}

TEST(SessionTable, ALineOfAnotherWidthIsAnError) {
  EXPECT_EQ(Import("session-tsv").Read({"SessionId\tItemId\tTime", "1\t2"}).Failure(),
            "line 2: 2 fields, the header has 3");
}

TEST(UserItemTable, WithoutAValueLinesAreViews) {
  const Import import = Import("tsv").Read({"user_id\titem_id\ttime", "u\ti\t1000000000", ""});
  const Interaction view = import.All<Interaction>().at(0);
  EXPECT_EQ(view.type, InteractionType::kView);
  EXPECT_EQ(view.user_id, "u");
  EXPECT_EQ(view.occurred_at->ms, 1'000'000'000'000);
  EXPECT_EQ(view.event_id, "u-2");
  EXPECT_EQ(import.Report().skipped.at("empty_line"), 1);
}

TEST(UserItemTable, WithAValueLinesAreRatingsOnTheGivenScale) {
  const Import import =
      Import("tsv", {.rating_min = 0, .rating_max = 10}).Read({"user\titem\ttime\tvalue", "u\ti\t100\t7.5"});
  const Rating rating = import.All<Rating>().at(0);
  EXPECT_EQ(rating.rating, 7.5);
  EXPECT_EQ(rating.scale_min, 0);
  EXPECT_EQ(rating.scale_max, 10);
}

TEST(UserItemTable, AValueOutsideTheScaleIsAnError) {
  EXPECT_EQ(Import("tsv").Read({"user\titem\ttime\tvalue", "u\ti\t100\t7"}).Failure(),
            "line 2: value is 7, outside the rating scale 1 to 5: change the scale or the value");
}

}  // namespace
}  // namespace freshet
