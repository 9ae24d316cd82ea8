#include "codec/json_writer.h"

#include <cmath>
#include <cstring>
#include <iterator>

#include "base/format.h"
#include "base/utf8.h"
#include "codec/time.h"

namespace freshet {
namespace {

constexpr std::uint64_t Repeated(unsigned char byte) { return 0x0101010101010101ULL * byte; }

/// True when none of 8 bytes needs work: all printable ASCII but the quote and the backslash. Each term sets
/// a byte's top bit: for a byte below 0x20, equal to '"', equal to '\\', or at least 0x80 (Mycroft 1987).
bool IsPlain(std::uint64_t bytes) {
  const std::uint64_t quote = bytes ^ Repeated('"');
  const std::uint64_t backslash = bytes ^ Repeated('\\');
  const std::uint64_t found =
      (bytes - Repeated(0x20)) | (quote - Repeated(1)) | (backslash - Repeated(1)) | bytes;
  return (found & Repeated(0x80)) == 0;
}

bool IsPlain(char c) { return c >= 0x20 && c != '"' && c != '\\'; }

std::size_t PlainPrefix(std::string_view text) {
  std::size_t length = 0;
  for (; length + 8 <= text.size(); length += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + length, 8);
    if (!IsPlain(bytes)) break;
  }
  while (length < text.size() && IsPlain(text[length])) ++length;
  return length;
}

void AppendControl(std::string& to, unsigned char byte) {
  constexpr std::string_view kShort = "\b\f\n\r\t\"\\";
  constexpr std::string_view kLetters = "bfnrt\"\\";
  const std::size_t at = kShort.find(static_cast<char>(byte));
  if (at != std::string_view::npos) {
    to.push_back('\\');
    to.push_back(kLetters[at]);
    return;
  }
  fmt::format_to(std::back_inserter(to), FMT_COMPILE("\\u{:04x}"), byte);
}

/// Appends what stands at the front of `text` and is not plain; returns the bytes used.
std::size_t AppendSpecial(std::string& to, std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) {
    AppendControl(to, byte);
    return 1;
  }
  const std::size_t length = Utf8SequenceBytes(text);
  if (length == 0) {
    to.append("\xEF\xBF\xBD");
    return 1;
  }
  to.append(text.substr(0, length));
  return length;
}

}  // namespace

void AppendJsonEscaped(std::string& to, std::string_view text) {
  while (true) {
    const std::size_t plain = PlainPrefix(text);
    to.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    text.remove_prefix(AppendSpecial(to, text));
  }
}

void JsonWriter::String(std::string_view text) {
  Separate();
  to_.push_back('"');
  AppendJsonEscaped(to_, text);
  to_.push_back('"');
}

void JsonWriter::Number(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  fmt::format_to(std::back_inserter(to_), FMT_COMPILE("{}"), value);
}

void JsonWriter::Integer(std::int64_t value) {
  Separate();
  const fmt::format_int text(value);
  to_.append(text.data(), text.size());
}

void JsonWriter::Bool(bool value) {
  Separate();
  to_.append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  to_.append("null", 4);
}

void JsonWriter::Time(Timestamp time) {
  Separate();
  to_.push_back('"');
  AppendRfc3339(to_, time);
  to_.push_back('"');
}

void JsonWriter::Field(std::string_view name, double value) {
  if (!std::isfinite(value)) return;
  Key(name);
  Number(value);
}

}  // namespace freshet
