#include "connectors/file/lines.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace freshet {
namespace {

class LinesTest : public testing::TestWithParam<std::string> {
 protected:
  LinesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-lines-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/lines" + GetParam();
  }
  ~LinesTest() override { std::filesystem::remove_all(directory_); }

  void WriteLines(const std::vector<std::string>& lines) {
    auto writer = LineWriter::Open(path_);
    ASSERT_TRUE(writer.ok());
    for (const auto& line : lines) ASSERT_TRUE(writer->Write(line).ok());
    ASSERT_TRUE(writer->Close().ok());
  }
  static std::vector<std::string> ReadLines(LineReader& reader) {
    std::vector<std::string> lines;
    while (true) {
      const auto line = reader.Next();
      EXPECT_TRUE(line.ok()) << line.error().message;
      if (!line.ok() || !*line) return lines;
      lines.emplace_back(**line);
    }
  }

  std::string directory_;
  std::string path_;
};

TEST_P(LinesTest, ReadsWhatWasWritten) {
  std::vector<std::string> lines = {"", "one", std::string(1'000'000, 'x'), ""};
  for (int i = 0; i < 50'000; ++i) lines.push_back("line " + std::to_string(i));
  WriteLines(lines);
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadLines(*reader), lines);
  EXPECT_EQ(reader->LineNumber(), lines.size());
}

TEST_P(LinesTest, AnEmptyFileHasNoLines) {
  WriteLines({});
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(ReadLines(*reader).empty());
}

TEST_P(LinesTest, ReadsConcatenatedFilesAsOne) {
  WriteLines({"a", "b"});
  std::ifstream in(path_, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(path_, std::ios::binary | std::ios::app) << bytes << bytes;
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadLines(*reader), (std::vector<std::string>{"a", "b", "a", "b", "a", "b"}));
}

TEST_P(LinesTest, RefusesALineThatIsTooLong) {
  WriteLines({"short", std::string(5'000, 'x')});
  auto reader = LineReader::Open(path_, {4'096});
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(reader->Next().ok());
  for (int i = 0; i < 2; ++i) {
    const auto line = reader->Next();
    ASSERT_FALSE(line.ok());
    EXPECT_EQ(line.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(line.error().message.find("line 2"), std::string::npos) << line.error().message;
  }
}

TEST_P(LinesTest, AFlushedPartIsReadable) {
  auto writer = LineWriter::Open(path_);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->Write("a").ok());
  ASSERT_TRUE(writer->Flush().ok());
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadLines(*reader), (std::vector<std::string>{"a"}));
  ASSERT_TRUE(writer->Write("b").ok());
  ASSERT_TRUE(writer->Close().ok());
  auto again = LineReader::Open(path_);
  EXPECT_EQ(ReadLines(*again), (std::vector<std::string>{"a", "b"}));
}

INSTANTIATE_TEST_SUITE_P(Formats, LinesTest, testing::Values(".jsonl", ".jsonl.gz", ".jsonl.zst"));

class CompressedLinesTest : public LinesTest {};

TEST_P(CompressedLinesTest, ACutFileIsCorrupt) {
  WriteLines({std::string(10'000, 'x'), "last"});
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 5);
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  Result<std::optional<std::string_view>> line = reader->Next();
  while (line.ok() && *line) line = reader->Next();
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(line.error().message.find(path_), std::string::npos);
}

TEST_P(CompressedLinesTest, TellsTheCompressionByContent) {
  WriteLines({"a"});
  const std::string renamed = directory_ + "/renamed.txt";
  std::filesystem::rename(path_, renamed);
  auto reader = LineReader::Open(renamed);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadLines(*reader), (std::vector<std::string>{"a"}));
}

INSTANTIATE_TEST_SUITE_P(Formats, CompressedLinesTest, testing::Values(".gz", ".zst"));

class PlainLinesTest : public LinesTest {};

TEST_P(PlainLinesTest, AcceptsCarriageReturnsAndAMissingLastLineFeed) {
  std::ofstream(path_) << "a\r\nb\n\r\nlast";
  auto reader = LineReader::Open(path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(ReadLines(*reader), (std::vector<std::string>{"a", "b", "", "last"}));
}

TEST_P(PlainLinesTest, AMissingFileIsNotFound) {
  const auto reader = LineReader::Open(path_);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Formats, PlainLinesTest, testing::Values(".jsonl"));

}  // namespace
}  // namespace freshet
