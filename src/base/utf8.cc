#include "base/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace freshet {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Whether the text starts with eight bytes below 0x80, which are characters by themselves.
bool StartsWithAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::uint64_t bytes = 0;
  if (text.size() < sizeof(bytes)) return false;
  std::memcpy(&bytes, text.data(), sizeof(bytes));
  return (bytes & kHighBits) == 0;
}

/// Length that the first byte announces, 0 where it cannot start a sequence.
std::size_t AnnouncedBytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

/// The second byte's range rules out over-long forms, surrogates and code points beyond U+10FFFF.
bool SecondByteFits(unsigned char first, unsigned char second) {
  if (first == 0xE0) return second >= 0xA0;
  if (first == 0xED) return second <= 0x9F;
  if (first == 0xF0) return second >= 0x90;
  if (first == 0xF4) return second <= 0x8F;
  return true;
}

}  // namespace

std::size_t Utf8SequenceBytes(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = AnnouncedBytes(first);
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(bytes[i])) return 0;
  }
  if (length > 1 && !SecondByteFits(first, static_cast<unsigned char>(bytes[1]))) return 0;
  return length;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = StartsWithAscii(bytes) ? sizeof(std::uint64_t) : Utf8SequenceBytes(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

std::size_t Utf8CodePoints(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !IsContinuation(byte); }));
}

}  // namespace freshet
