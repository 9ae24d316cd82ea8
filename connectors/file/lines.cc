#include "connectors/file/lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace freshet {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kWriteBytes = 256 << 10;

}  // namespace

LineReader::LineReader(Descriptor file, const LineReaderOptions& options)
    : file_(std::move(file)), options_(options) {}

Result<LineReader> LineReader::Open(const std::string& path, const LineReaderOptions& options) {
  if (path == "-") return LineReader(Descriptor::Borrow(STDIN_FILENO, "standard input"), options);
  FRESHET_TRY(auto file, Descriptor::Open(path, O_RDONLY));
  return LineReader(std::move(file), options);
}

Result<std::optional<std::string_view>> LineReader::Next() {
  while (true) {
    const std::size_t end = text_.find('\n', searched_);
    if (end != std::string::npos) {
      if (end - start_ > options_.line_bytes_max) return TooLong();
      return std::optional<std::string_view>(TakeLine(end - start_, end - start_ + 1));
    }
    searched_ = text_.size();
    if (text_.size() - start_ > options_.line_bytes_max) return TooLong();
    if (ended_) break;
    FRESHET_CHECK(Fill());
  }
  const std::size_t left = text_.size() - start_;
  if (left == 0) return std::optional<std::string_view>();
  return std::optional<std::string_view>(TakeLine(left, left));
}

std::string_view LineReader::TakeLine(std::size_t length, std::size_t with_end) {
  std::string_view line = std::string_view(text_).substr(start_, length);
  if (line.ends_with('\r')) line.remove_suffix(1);
  start_ += with_end;
  searched_ = start_;
  ++line_number_;
  return line;
}

Error LineReader::TooLong() const {
  return MakeError(ErrorCode::kInvalidArgument,
                   path() + ": line " + std::to_string(line_number_ + 1) + " is longer than " +
                       std::to_string(options_.line_bytes_max) +
                       " bytes; is it a file of lines? else raise line_bytes_max");
}

Result<void> LineReader::Fill() {
  text_.erase(0, start_);
  searched_ -= start_;
  start_ = 0;
  FRESHET_TRY(auto read, file_.Read(kReadBytes));
  const bool at_end = read.empty();
  input_ += read;
  if (!decoder_) {
    // A pipe may give less than the four bytes that tell the compression.
    if (input_.size() < 4 && !at_end) return {};
    decoder_ = MakeDecompressor(CompressionOfContent(input_));
  }
  FRESHET_CHECK(DecodeInput());
  ended_ = at_end;
  if (at_end && member_open_) {
    return MakeError(ErrorCode::kCorrupt,
                     path() + " ends in the middle of its compressed data; get it again");
  }
  return {};
}

Result<void> LineReader::DecodeInput() {
  std::size_t done = 0;
  while (done < input_.size()) {
    auto progress = decoder_->Decode(std::string_view(input_).substr(done), text_);
    if (!progress.ok()) return progress.error().Within(path());
    done += progress->consumed;
    member_open_ = !progress->member_ended;
    if (progress->consumed == 0 && member_open_) break;  // it waits for more
  }
  input_.erase(0, done);
  return {};
}

LineWriter::LineWriter(Descriptor file, std::unique_ptr<Compressor> encoder)
    : file_(std::move(file)), encoder_(std::move(encoder)) {}

Result<LineWriter> LineWriter::Open(const std::string& path) {
  if (path == "-") {
    return LineWriter(Descriptor::Borrow(STDOUT_FILENO, "standard output"),
                      MakeCompressor(Compression::kNone));
  }
  FRESHET_TRY(auto file, Descriptor::Open(path, O_WRONLY | O_CREAT | O_TRUNC));
  return LineWriter(std::move(file), MakeCompressor(CompressionOfName(path)));
}

Result<void> LineWriter::Write(std::string_view line) {
  text_.append(line);
  text_.push_back('\n');
  if (text_.size() < kWriteBytes) return {};
  return WriteOut(false);
}

Result<void> LineWriter::Flush() { return WriteOut(true); }

Result<void> LineWriter::Close() {
  FRESHET_CHECK(WriteOut(true));
  return file_.Close();
}

Result<void> LineWriter::WriteOut(bool finish) {
  std::string bytes;
  auto encoded = encoder_->Encode(text_, finish, bytes);
  if (!encoded.ok()) return encoded.error().Within(file_.path());
  text_.clear();
  return file_.Write(bytes);
}

}  // namespace freshet
