#include "import/importer.h"

#include "unit/import/import_fixture.h"

namespace freshet {
namespace {

const std::vector<std::string> kThreeViews = {"user\titem\ttime", "u1\ti1\t100", "u1\ti2\t200",
                                              "u2\ti1\t300"};

TEST(Importer, KnowsItsFormatsByName) {
  std::vector<std::string_view> names;
  for (const ImportFormat& format : ImportFormats()) names.push_back(format.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"movielens", "online-retail", "session-tsv", "tsv"}));
}

TEST(Importer, AnUnknownFormatIsAnErrorThatNamesTheKnownOnes) {
  const auto importer = MakeImporter("netflix", {});
  ASSERT_FALSE(importer.ok());
  EXPECT_EQ(importer.error().code, ErrorCode::kNotFound);
  EXPECT_NE(importer.error().message.find("'netflix'"), std::string::npos);
  EXPECT_NE(importer.error().message.find("session-tsv"), std::string::npos);
}

TEST(Importer, StopsAfterTheWantedNumberOfEvents) {
  Import import("tsv", {.events_max = 2});
  import.Read(kThreeViews);
  EXPECT_EQ(import.Report().events, 2);
  EXPECT_EQ(import.All<Interaction>().back().item_id, "i2");
}

TEST(Importer, ABadLineEndsTheImportWithItsNumber) {
  const Import import = Import("tsv").Read({"user\titem\ttime", "u1\ti1\t100", "u1\ti2\tnever"});
  EXPECT_EQ(import.Failure(), "line 3: time is 'never', expected a number");
}

TEST(Importer, AllowedBadLinesAreCountedAndShown) {
  Import import("tsv", {.bad_lines_max = 1});
  import.Read({"user\titem\ttime", "u1\ti1\tnever", "u1\ti2\t200"});
  EXPECT_EQ(import.Report().bad_lines, 1);
  EXPECT_EQ(import.Report().events, 1);
  ASSERT_EQ(import.Report().bad_line_messages.size(), 1);
  EXPECT_EQ(import.Report().bad_line_messages[0], "line 2: time is 'never', expected a number");
}

TEST(Importer, OneBadLineMoreThanAllowedEndsTheImport) {
  Import import("tsv", {.bad_lines_max = 1});
  import.Read({"user\titem\ttime", "u1\ti1\tnever", "u1\ti2\tnever"});
  EXPECT_TRUE(import.Failure().starts_with("line 3: "));
}

TEST(Importer, CarriageReturnsAtLineEndsDoNotMatter) {
  const Import import = Import("tsv").Read({"user\titem\ttime\r", "u1\ti1\t100\r"});
  EXPECT_EQ(import.Report().events, 1);
}

TEST(Importer, AFailingSinkEndsTheImport) {
  auto importer = MakeImporter("tsv", {});
  ASSERT_TRUE(importer.ok());
  std::size_t next = 0;
  const LineSource source = [&](std::string& line) -> Result<bool> {
    line = kThreeViews[next++];
    return true;
  };
  const EventSink full = [](const Event&) -> Result<void> { return MakeError(ErrorCode::kIo, "disk full"); };
  const auto report = RunImport(**importer, source, full, {.bad_lines_max = 100});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kIo);
  EXPECT_EQ(next, 2);
}

TEST(Importer, AFailingSourceEndsTheImport) {
  auto importer = MakeImporter("tsv", {});
  ASSERT_TRUE(importer.ok());
  const LineSource torn = [](std::string&) -> Result<bool> {
    return MakeError(ErrorCode::kCorrupt, "torn archive");
  };
  const auto report = RunImport(**importer, torn, [](const Event&) -> Result<void> { return {}; }, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kCorrupt);
}

TEST(Importer, EventsGoToTheTopicOfTheirKind) {
  EXPECT_EQ(TopicRoleOf(Interaction{}), "interactions");
  EXPECT_EQ(TopicRoleOf(Rating{}), "ratings");
  EXPECT_EQ(TopicRoleOf(CatalogueItem{}), "catalogue");
}

}  // namespace
}  // namespace freshet
