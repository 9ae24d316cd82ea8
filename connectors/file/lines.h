#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/file/compression.h"
#include "connectors/file/descriptor.h"
#include "freshet/result.h"

namespace freshet {

struct LineReaderOptions {
  std::size_t line_bytes_max = 16 << 20;  ///< a line is held in memory; also what a damaged file may cost
};

/// The lines of a text file, plain or compressed (gzip, zstd: told by the content), or of standard input.
/// Used by one thread; blocks on the file.
class LineReader final {
 public:
  /// `path` "-" is standard input. kNotFound, kIo.
  static Result<LineReader> Open(const std::string& path, const LineReaderOptions& options = {});
  /// The next line without its line feed (and the carriage return before that); nullopt at the end. Valid
  /// until the next call. kInvalidArgument: the line is too long; kCorrupt: compressed data are damaged or
  /// end early. Each is final.
  Result<std::optional<std::string_view>> Next();
  /// Lines returned so far, which is the number of the last one, from 1.
  std::uint64_t LineNumber() const { return line_number_; }
  const std::string& path() const { return file_.path(); }

 private:
  LineReader(Descriptor file, const LineReaderOptions& options);
  Result<void> Fill();
  Result<void> DecodeInput();
  std::string_view TakeLine(std::size_t length, std::size_t with_end);
  Error TooLong() const;

  Descriptor file_;
  LineReaderOptions options_;
  std::unique_ptr<Decompressor> decoder_;
  std::string input_;         // read and not yet decoded
  std::string text_;          // decoded
  std::size_t start_ = 0;     // of the next line in text_
  std::size_t searched_ = 0;  // no line feed in text_ before this
  bool member_open_ = false;
  bool ended_ = false;
  std::uint64_t line_number_ = 0;
};

/// Writes lines to a text file, compressed as the ending of its name says, or to standard output.
/// Used by one thread; blocks on the file.
class LineWriter final {
 public:
  /// Replaces the file at `path`; "-" is standard output.
  static Result<LineWriter> Open(const std::string& path);
  LineWriter(LineWriter&&) noexcept = default;
  LineWriter& operator=(LineWriter&&) noexcept = default;
  /// `line` holds no line feed.
  Result<void> Write(std::string_view line);
  /// Hands what is buffered to the system. Costs compression when called often.
  Result<void> Flush();
  /// Completes the file. Without it a compressed file is cut off.
  Result<void> Close();

 private:
  LineWriter(Descriptor file, std::unique_ptr<Compressor> encoder);
  Result<void> WriteOut(bool finish);
  Descriptor file_;
  std::unique_ptr<Compressor> encoder_;
  std::string text_;
};

}  // namespace freshet
