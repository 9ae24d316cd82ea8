#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program_run.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A small file of each format, and the same file with something wrong.
struct FormatExample {
  const char* format;
  const char* file;
  std::string good;
  int events = 0;
  std::string wrong;
  std::string complaint;
};

const std::string kRetailHeader =
    "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n";

std::vector<FormatExample> Examples() {
  return {
      {"movielens", "u.data", "11\t21\t3\t1700000100\n12\t22\t4\t1700000200\n", 2, "11\t21\t9\t1700000100\n",
       "line 1: rating is 9"},
      {"movielens", "ratings.dat", "11::21::5::1700000100\n", 1, "11::21\n", "line 1: 2 fields"},
      {"movielens", "ratings.csv", "userId,movieId,rating,timestamp\n11,21,3.5,1700000100\n", 1,
       "nothing of the kind\n", "line 1: the first line is of no MovieLens file"},
      {"online-retail", "retail.csv",
       kRetailHeader + "500001,70001,GLASS BALL,12,2010-03-04 09:30:00,2.50,17001,United Kingdom\n", 1,
       "StockCode,Quantity\n70001,12\n", "line 1: 2 fields, expected Invoice"},
      {"online-retail", "retail.csv", kRetailHeader, 0,
       kRetailHeader + "500001,70001,GLASS BALL,many,2010-03-04 09:30:00,2.50,17001,United Kingdom\n",
       "line 2: "},
      {"session-tsv", "clicks.tsv", "SessionId\tItemId\tTime\n1\ti1\t1700000100\n1\ti2\t1700000200\n", 2,
       "SessionId\tTime\n1\t1700000100\n",
       "line 1: the header has no column ItemId; it has: SessionId, Time"},
      {"tsv", "ratings.tsv", "user\titem\ttime\tvalue\nu\ti\t100\t4\n", 1,
       "user\titem\ttime\tvalue\nu\ti\tsoon\t4\n", "line 2: time is 'soon', expected a number"},
  };
}

TEST(ImportCommand, ReadsASmallFileOfEachFormat) {
  const Workplace here;
  for (const FormatExample& example : Examples()) {
    WriteText(here.Path(example.file), example.good);
    const ProgramResult result =
        here.Run({"import", example.format, example.file, "--output", "out.jsonl", "--json"});
    ASSERT_EQ(result.exit_code, 0) << example.file << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out).at("written"), example.events) << example.file;
    const std::string events = ReadText(here.Path("out.jsonl"));
    EXPECT_EQ(std::count(events.begin(), events.end(), '\n'), example.events) << example.file;
    const ProgramResult piped = here.Run({"import", example.format, "-"}, example.good);
    EXPECT_EQ(piped.exit_code, 0) << example.file;
    EXPECT_EQ(piped.out, events) << "standard input and output hold the same";
  }
}

TEST(ImportCommand, SaysWhichLineOfWhichFileDoesNotFit) {
  const Workplace here;
  for (const FormatExample& example : Examples()) {
    WriteText(here.Path(example.file), example.wrong);
    const ProgramResult result = here.Run({"import", example.format, example.file});
    EXPECT_EQ(result.exit_code, 1) << example.file;
    EXPECT_THAT(result.err, HasSubstr(std::string(example.file) + ": " + example.complaint));
  }
}

TEST(ImportCommand, LeavesBadLinesOutWhereItMay) {
  const Workplace here;
  WriteText(here.Path("u.data"), "1\t2\t3\t100\n1\t2\tx\t100\n1\t4\t3\t100\n");
  const ProgramResult result =
      here.Run({"import", "movielens", "u.data", "--bad-lines", "1", "--output", "o.jsonl", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report.at("written"), 2);
  EXPECT_EQ(report.at("bad_lines"), 1);
  EXPECT_EQ(here.Run({"import", "movielens", "u.data", "--limit", "1", "--output", "o.jsonl"}).exit_code, 0);
}

TEST(ImportCommand, SaysThatItCannotReadOrWrite) {
  const Workplace here;
  const ProgramResult missing = here.Run({"import", "tsv", "missing.tsv"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("missing.tsv"));
  WriteText(here.Path("ratings.tsv"), "user\titem\ttime\nu\ti\t100\n");
  const ProgramResult unwritable =
      here.Run({"import", "tsv", "ratings.tsv", "--output", "no/such/folder.jsonl"});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("no/such/folder.jsonl"));
  const ProgramResult empty = here.Run({"import", "tsv", "-"});
  EXPECT_EQ(empty.exit_code, 0) << empty.err;
  EXPECT_THAT(empty.out, IsEmpty());
}

}  // namespace
}  // namespace freshet
