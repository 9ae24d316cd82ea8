#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "freshet/ids.h"

namespace freshet {

/// First byte of keys that the store keeps for itself (schemas/state.md). No table may use it.
inline constexpr char kReservedTable = '\0';
/// Key of the progress record in a task's changelog. Never part of the state itself.
inline constexpr std::string_view kProgressKey{"\0P", 2};

/// Longest key of a state table: a table tag, an escaped id of 256 bytes and a few numbers fit.
inline constexpr std::size_t kKeyBytesMax = 1024;

inline bool IsReservedKey(std::string_view key) { return key.empty() || key.front() == kReservedTable; }

/// Builds a key whose byte order is the order of its parts:
///
///   key    := table part* [tail]
///   table  := 1 byte, 0x01..0xff
///   part   := number | signed | text
///   number := 8 bytes, big-endian
///   signed := 8 bytes, big-endian, sign bit flipped
///   text   := bytes, 0x00 written as 0x00 0xff, ended by 0x00 0x01
///   tail   := bytes as they are; the last part only
class KeyBuilder final {
 public:
  explicit KeyBuilder(char table);
  KeyBuilder& Number(std::uint64_t value);
  KeyBuilder& Signed(std::int64_t value);
  KeyBuilder& Text(std::string_view text);
  KeyBuilder& Tail(std::string_view bytes);
  KeyBuilder& Item(ItemKey item) { return Number(item.value); }
  KeyBuilder& Time(Timestamp time) { return Signed(time.ms); }
  /// Borrowed from the builder.
  std::string_view View() const { return key_; }
  std::string Take() { return std::move(key_); }

 private:
  std::string key_;
};

/// Takes a key apart in the order in which it was built. After the first failure every call returns zero or
/// empty and ok() is false.
class KeyParser final {
 public:
  explicit KeyParser(std::string_view key);
  bool ok() const { return ok_; }
  char Table() const { return table_; }
  std::uint64_t Number();
  std::int64_t Signed();
  std::string Text();
  /// What is left, borrowed from the key.
  std::string_view Tail();
  ItemKey Item() { return {Number()}; }
  Timestamp Time() { return {Signed()}; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  void Fail();
  std::string_view rest_;
  char table_ = kReservedTable;
  bool ok_ = true;
};

}  // namespace freshet
