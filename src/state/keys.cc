#include "state/keys.h"

#include "base/assert.h"
#include "base/bytes.h"

namespace freshet {

namespace {

constexpr std::uint64_t kSignBit = 1ULL << 63;
constexpr char kEscape = '\xff';
constexpr char kTerminator = '\x01';

}  // namespace

KeyBuilder::KeyBuilder(char table) : key_(1, table) { FRESHET_ASSERT(table != kReservedTable); }

KeyBuilder& KeyBuilder::Number(std::uint64_t value) {
  AppendBigEndian(key_, value);
  return *this;
}

KeyBuilder& KeyBuilder::Signed(std::int64_t value) {
  return Number(static_cast<std::uint64_t>(value) ^ kSignBit);
}

KeyBuilder& KeyBuilder::Text(std::string_view text) {
  for (const char byte : text) {
    key_.push_back(byte);
    if (byte == '\0') key_.push_back(kEscape);
  }
  key_.push_back('\0');
  key_.push_back(kTerminator);
  return *this;
}

KeyBuilder& KeyBuilder::Tail(std::string_view bytes) {
  key_.append(bytes);
  return *this;
}

KeyParser::KeyParser(std::string_view key) : rest_(key) {
  if (IsReservedKey(key)) {
    Fail();
    return;
  }
  table_ = key.front();
  rest_.remove_prefix(1);
}

std::uint64_t KeyParser::Number() {
  if (rest_.size() < 8) {
    Fail();
    return 0;
  }
  const std::uint64_t value = ReadBigEndian(rest_);
  rest_.remove_prefix(8);
  return value;
}

std::int64_t KeyParser::Signed() {
  const std::uint64_t raw = Number();
  return ok_ ? static_cast<std::int64_t>(raw ^ kSignBit) : 0;
}

std::string KeyParser::Text() {
  std::string text;
  for (std::size_t at = 0; at < rest_.size(); ++at) {
    if (rest_[at] != '\0') {
      text.push_back(rest_[at]);
      continue;
    }
    if (++at == rest_.size()) break;
    if (rest_[at] == kTerminator) {
      rest_.remove_prefix(at + 1);
      return text;
    }
    if (rest_[at] != kEscape) break;
    text.push_back('\0');
  }
  Fail();
  return {};
}

std::string_view KeyParser::Tail() {
  const std::string_view tail = rest_;
  rest_ = {};
  return tail;
}

void KeyParser::Fail() {
  ok_ = false;
  rest_ = {};
}

}  // namespace freshet
