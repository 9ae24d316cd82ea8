#include "base/base64.h"

#include <array>
#include <cstdint>

#include "base/format.h"

namespace freshet {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

std::uint32_t ByteAt(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group = ByteAt(bytes, at) << 16 | ByteAt(bytes, at + 1) << 8 | ByteAt(bytes, at + 2);
    text.push_back(kAlphabet[group >> 18]);
    text.push_back(kAlphabet[group >> 12 & 63]);
    text.push_back(at + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=');
    text.push_back(at + 2 < bytes.size() ? kAlphabet[group & 63] : '=');
  }
  return text;
}

Result<std::string> DecodeBase64(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("base64 of {} characters: {}", text.size(), why));
  };
  if (text.size() % 4 != 0) return bad("the length is not a multiple of 4");
  std::string_view digits = text;
  while (!digits.empty() && digits.back() == '=' && text.size() - digits.size() < 2) digits.remove_suffix(1);
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : digits) {
    const int value = kValues[static_cast<unsigned char>(digit)];
    if (value < 0) return bad("a character is outside the alphabet");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  if ((bits & ((1U << count) - 1)) != 0) return bad("bits are left over at the end");
  return bytes;
}

}  // namespace freshet
