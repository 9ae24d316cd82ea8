#include "connectors/file/line_format.h"

#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/format.h"
#include "base/utf8.h"

namespace freshet {
namespace {

void AppendString(std::string& to, std::string_view text) {
  to.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      to.push_back(c);
    }
  }
  to.push_back('"');
}

void AppendBytes(std::string& to, std::string_view bytes) {
  if (IsUtf8(bytes)) return AppendString(to, bytes);
  to += "{\"base64\":\"" + EncodeBase64(bytes) + "\"}";
}

void AppendNullable(std::string& to, const std::optional<std::string>& bytes) {
  if (bytes) return AppendBytes(to, *bytes);
  to += "null";
}

/// Reads the one form that is written here. After a failure every call returns nothing and ok() is false.
class LineScanner {
 public:
  explicit LineScanner(std::string_view line) : left_(line) {}
  bool ok() const { return ok_; }
  bool Ended() const { return ok_ && left_.empty(); }
  bool Skip(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }
  void Expect(std::string_view text) {
    if (!Skip(text)) Fail();
  }
  template <typename Number>
  Number Digits(int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value, base);
    if (error != std::errc()) Fail();
    if (ok_) left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
    return value;
  }
  std::string Bytes() {
    if (!Skip("{\"base64\":")) return String();
    auto decoded = DecodeBase64(String());
    Expect("}");
    if (decoded.ok()) return std::move(*decoded);
    Fail();
    return "";
  }
  std::optional<std::string> Nullable() {
    if (Skip("null")) return std::nullopt;
    return Bytes();
  }

 private:
  std::string String() {
    std::string text;
    Expect("\"");
    while (ok_ && !Skip("\"")) {
      const std::size_t plain = left_.find_first_of("\"\\");
      if (plain == std::string_view::npos) {
        Fail();
        break;
      }
      text.append(left_.substr(0, plain));
      left_.remove_prefix(plain);
      if (Skip("\\")) text.push_back(Escaped());
    }
    return text;
  }
  char Escaped() {
    if (Skip("u00")) {
      const std::string_view hex = left_.substr(0, 2);
      unsigned value = 0;
      const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
      if (error != std::errc() || end != hex.data() + 2) Fail();
      if (ok_) left_.remove_prefix(2);
      return static_cast<char>(value);
    }
    if (left_.empty() || (left_.front() != '"' && left_.front() != '\\')) {
      Fail();
      return '\0';
    }
    const char c = left_.front();
    left_.remove_prefix(1);
    return c;
  }
  void Fail() {
    ok_ = false;
    left_ = {};
  }
  std::string_view left_;
  bool ok_ = true;
};

constexpr std::size_t kShownBytesMax = 80;  // of a bad line, in a message

Error BadLine(std::string_view line) {
  return MakeError(ErrorCode::kCorrupt,
                   "not a line of a file log: " + std::string(line.substr(0, kShownBytesMax)));
}

}  // namespace

std::string FormatRecordLine(const Record& record) {
  std::string line =
      fmt::format("{{\"offset\":{},\"timestamp\":{},\"key\":", record.offset.value, record.timestamp.ms);
  AppendNullable(line, record.key);
  line += ",\"value\":";
  AppendNullable(line, record.value);
  line += ",\"headers\":[";
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    line += i == 0 ? "[" : ",[";
    AppendBytes(line, record.headers[i].name);
    line += ",";
    AppendBytes(line, record.headers[i].value);
    line += "]";
  }
  return line + "]}";
}

std::string FormatCommitLine(const CommitLine& commit) {
  return fmt::format("{{\"commit\":{},\"next\":{},\"records\":{},\"crc32c\":\"{:08x}\"}}", commit.transaction,
                     commit.next, commit.records, commit.crc32c);
}

Result<Record> ParseRecordLine(std::string_view line) {
  LineScanner scan(line);
  Record record;
  scan.Expect("{\"offset\":");
  record.offset.value = scan.Digits<std::int64_t>();
  scan.Expect(",\"timestamp\":");
  record.timestamp.ms = scan.Digits<std::int64_t>();
  scan.Expect(",\"key\":");
  record.key = scan.Nullable();
  scan.Expect(",\"value\":");
  record.value = scan.Nullable();
  scan.Expect(",\"headers\":[");
  while (scan.ok() && !scan.Skip("]")) {
    if (!record.headers.empty()) scan.Expect(",");
    scan.Expect("[");
    Header header;
    header.name = scan.Bytes();
    scan.Expect(",");
    header.value = scan.Bytes();
    scan.Expect("]");
    record.headers.push_back(std::move(header));
  }
  scan.Expect("}");
  if (!scan.Ended()) return BadLine(line);
  return record;
}

Result<std::optional<CommitLine>> ParseCommitLine(std::string_view line) {
  LineScanner scan(line);
  if (!scan.Skip("{\"commit\":")) return std::optional<CommitLine>();
  CommitLine commit;
  commit.transaction = scan.Digits<std::uint64_t>();
  scan.Expect(",\"next\":");
  commit.next = scan.Digits<std::int64_t>();
  scan.Expect(",\"records\":");
  commit.records = scan.Digits<std::uint32_t>();
  scan.Expect(",\"crc32c\":\"");
  commit.crc32c = scan.Digits<std::uint32_t>(16);
  scan.Expect("\"}");
  if (!scan.Ended()) return BadLine(line);
  return std::optional<CommitLine>(commit);
}

}  // namespace freshet
