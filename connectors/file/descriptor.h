#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "freshet/result.h"

namespace freshet {

/// An open file. Errors name the path.
class Descriptor final {
 public:
  Descriptor() = default;
  /// `flags` as of open(2). kNotFound, kIo.
  static Result<Descriptor> Open(const std::string& path, int flags);
  /// Standard input or output; not closed in the end.
  static Descriptor Borrow(int number, std::string name);
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const { return number_; }
  const std::string& path() const { return path_; }
  /// At most `bytes_max` bytes from where reading stands; empty at the end.
  Result<std::string> Read(std::size_t bytes_max);
  /// Exactly `bytes` bytes from `position`; kCorrupt when the file is shorter.
  Result<std::string> ReadAt(std::uint64_t position, std::uint64_t bytes) const;
  /// All of it, or kIo.
  Result<void> Write(std::string_view bytes);
  Result<std::uint64_t> Size() const;
  Result<void> Truncate(std::uint64_t bytes);
  Result<void> Sync();
  /// Closes and reports what the system had put off. The destructor closes too, without a word.
  Result<void> Close();

 private:
  Descriptor(int number, std::string path, bool owned);
  Error Failed(std::string_view what) const;
  int number_ = -1;
  std::string path_;
  bool owned_ = false;
};

}  // namespace freshet
