#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshet {

/// Appends little-endian numbers, LEB128 varints and length-prefixed bytes to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& to) : to_(to) {}
  template <typename Number>
  void Fixed(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    char bytes[sizeof(Number)];
    std::memcpy(bytes, &value, sizeof(Number));
    to_.append(bytes, sizeof(Number));
  }
  void Varint(std::uint64_t value) {
    while (value >= 0x80) {
      to_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    to_.push_back(static_cast<char>(value));
  }
  /// Zig-zag, for numbers near zero of either sign.
  void Signed(std::int64_t value) {
    Varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Bytes(std::string_view bytes) {
    Varint(bytes.size());
    to_.append(bytes);
  }
  void Raw(std::string_view bytes) { to_.append(bytes); }

 private:
  std::string& to_;
};

/// Reads what ByteWriter wrote. After the first failure every call returns zero or empty and ok() is false,
/// so that a decoder checks once at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view from) : from_(from) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return from_.size(); }
  template <typename Number>
  Number Fixed() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    if (from_.size() < sizeof(Number)) return Fail(value);
    std::memcpy(&value, from_.data(), sizeof(Number));
    from_.remove_prefix(sizeof(Number));
    return value;
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (from_.empty()) return Fail<std::uint64_t>(0);
      const auto byte = static_cast<unsigned char>(from_.front());
      from_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Fail<std::uint64_t>(0);
  }
  std::int64_t Signed() {
    const std::uint64_t raw = Varint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }
  /// Borrowed from the bytes given to the constructor.
  std::string_view Bytes() { return Raw(Varint()); }
  std::string_view Raw(std::uint64_t size) {
    if (size > from_.size()) return Fail(std::string_view());
    const std::string_view bytes = from_.substr(0, size);
    from_.remove_prefix(size);
    return bytes;
  }

 private:
  template <typename Value>
  Value Fail(Value value) {
    ok_ = false;
    from_ = {};
    return value;
  }
  std::string_view from_;
  bool ok_ = true;
};

/// Reads floating-point numbers one after the other. False where they end too early or one is not finite.
template <typename Number>
bool ReadFinite(ByteReader& from, std::span<Number> to) {
  bool finite = true;
  for (Number& number : to) finite = std::isfinite(number = from.Fixed<Number>()) && finite;
  return finite && from.ok();
}

/// Big-endian, so that keys sort by number.
inline void AppendBigEndian(std::string& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

inline std::uint64_t ReadBigEndian(std::string_view from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8 && i < from.size(); ++i) {
    value = (value << 8) | static_cast<unsigned char>(from[i]);
  }
  return value;
}

}  // namespace freshet
