#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

enum class Compression { kNone, kGzip, kZstd };

/// By the ending of a file name: .gz, .zst, else none.
Compression CompressionOfName(std::string_view path);
/// By the first bytes of a file: four are enough.
Compression CompressionOfContent(std::string_view start);
/// "", ".gz" or ".zst".
std::string_view CompressionSuffix(Compression compression);

/// A stream of compressed bytes to plain ones. Concatenated members (gzip) and frames (zstd) are read as one.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  struct Progress {
    std::size_t consumed = 0;
    bool member_ended = false;  ///< the bytes consumed so far end a member; the next call starts another
  };
  /// Appends to `out` what `in` holds, up to the end of a member. kCorrupt: not such a stream.
  virtual Result<Progress> Decode(std::string_view in, std::string& out) = 0;
};
std::unique_ptr<Decompressor> MakeDecompressor(Compression compression);

/// Plain bytes to one compressed member.
class Compressor {
 public:
  virtual ~Compressor() = default;
  /// Appends to `out`. With `finish` the member is complete and the next call starts another.
  virtual Result<void> Encode(std::string_view in, bool finish, std::string& out) = 0;
};
std::unique_ptr<Compressor> MakeCompressor(Compression compression);

}  // namespace freshet
