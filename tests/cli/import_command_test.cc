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
      {"movielens", "u.data", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n", 2,
       "196\t242\t9\t881250949\n", "line 1: rating is 9"},
      {"movielens", "ratings.dat", "1::1193::5::978300760\n", 1, "1::1193\n", "line 1: 2 fields"},
      {"movielens", "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n", 1,
       "nothing of the kind\n", "line 1: the first line is of no MovieLens file"},
      {"online-retail", "retail.csv",
       kRetailHeader + "489434,85048,GLASS BALL,12,2009-12-01 07:45:00,6.95,13085,United Kingdom\n", 1,
       "StockCode,Quantity\n85048,12\n", "line 1: 2 fields, expected Invoice"},
      {"online-retail", "retail.csv", kRetailHeader, 0,
       kRetailHeader + "489434,85048,GLASS BALL,many,2009-12-01 07:45:00,6.95,13085,United Kingdom\n",
       "line 2: "},
      {"session-tsv", "clicks.tsv", "SessionId\tItemId\tTime\n1\ti1\t1396808691\n1\ti2\t1396808692\n", 2,
       "SessionId\tTime\n1\t1396808691\n",
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
