#include "connectors/file/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace freshet {
namespace {

constexpr std::size_t kStepBytes = 128 << 10;  // output grows by this much at a time
constexpr int kGzipWindowBits = 15 + 16;       // the largest window, with the gzip wrapper
constexpr int kGzipMemoryLevel = 8;            // zlib's default
constexpr int kZstdLevel = 3;                  // zstd's default: fast, and small enough for lines

class PlainDecompressor final : public Decompressor {
 public:
  Result<Progress> Decode(std::string_view in, std::string& out) override {
    out.append(in);
    return Progress{in.size(), true};
  }
};

class GzipDecompressor final : public Decompressor {
 public:
  GzipDecompressor() { ready_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK; }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  Result<Progress> Decode(std::string_view in, std::string& out) override {
    if (!ready_) return MakeError(ErrorCode::kIo, "zlib cannot start: out of memory");
    const std::size_t given = std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(given);
    int code = Z_OK;
    do {
      const std::size_t before = out.size();
      out.resize(before + kStepBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kStepBytes;
      code = inflate(&stream_, Z_NO_FLUSH);
      out.resize(before + kStepBytes - stream_.avail_out);
    } while (code == Z_OK && stream_.avail_out == 0);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return MakeError(ErrorCode::kCorrupt,
                       "damaged gzip data: " + std::string(stream_.msg ? stream_.msg : "no reason given"));
    }
    if (code == Z_STREAM_END) inflateReset(&stream_);
    return Progress{given - stream_.avail_in, code == Z_STREAM_END};
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class ZstdDecompressor final : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {}

  Result<Progress> Decode(std::string_view in, std::string& out) override {
    if (!stream_) return MakeError(ErrorCode::kIo, "zstd cannot start: out of memory");
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    std::size_t left = 1;
    bool full = true;
    while (left != 0 && (input.pos < input.size || full)) {
      const std::size_t before = out.size();
      out.resize(before + kStepBytes);
      ZSTD_outBuffer output{out.data() + before, kStepBytes, 0};
      left = ZSTD_decompressStream(stream_.get(), &output, &input);
      out.resize(before + output.pos);
      if (ZSTD_isError(left) != 0) {
        return MakeError(ErrorCode::kCorrupt, "damaged zstd data: " + std::string(ZSTD_getErrorName(left)));
      }
      full = output.pos == kStepBytes;
    }
    return Progress{input.pos, left == 0};
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> stream_;
};

class PlainCompressor final : public Compressor {
 public:
  Result<void> Encode(std::string_view in, bool, std::string& out) override {
    out.append(in);
    return {};
  }
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() {
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  Result<void> Encode(std::string_view in, bool finish, std::string& out) override {
    if (!ready_) return MakeError(ErrorCode::kIo, "zlib cannot start: out of memory");
    if (in.size() > std::numeric_limits<uInt>::max()) {
      return MakeError(ErrorCode::kInvalidArgument, "more than 4 GiB in one piece for gzip");
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(in.size());
    int code = Z_OK;
    do {
      const std::size_t before = out.size();
      out.resize(before + kStepBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kStepBytes;
      code = deflate(&stream_, finish ? Z_FINISH : Z_NO_FLUSH);
      out.resize(before + kStepBytes - stream_.avail_out);
    } while (code == Z_OK && stream_.avail_out == 0);
    if (code == Z_STREAM_ERROR) return MakeError(ErrorCode::kIo, "zlib failed to compress");
    if (finish) deflateReset(&stream_);
    return {};
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor() : stream_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!stream_) return;
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  Result<void> Encode(std::string_view in, bool finish, std::string& out) override {
    if (!stream_) return MakeError(ErrorCode::kIo, "zstd cannot start: out of memory");
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    std::size_t left = 0;
    do {
      const std::size_t before = out.size();
      out.resize(before + kStepBytes);
      ZSTD_outBuffer output{out.data() + before, kStepBytes, 0};
      left = ZSTD_compressStream2(stream_.get(), &output, &input, finish ? ZSTD_e_end : ZSTD_e_continue);
      out.resize(before + output.pos);
      if (ZSTD_isError(left) != 0) {
        return MakeError(ErrorCode::kIo, "zstd failed to compress: " + std::string(ZSTD_getErrorName(left)));
      }
    } while (input.pos < input.size || (finish && left != 0));
    return {};
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> stream_;
};

}  // namespace

Compression CompressionOfName(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::kGzip;
  if (path.ends_with(".zst")) return Compression::kZstd;
  return Compression::kNone;
}

Compression CompressionOfContent(std::string_view start) {
  if (start.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (start.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

std::string_view CompressionSuffix(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "";
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
  }
  return "";
}

std::unique_ptr<Decompressor> MakeDecompressor(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return std::make_unique<PlainDecompressor>();
    case Compression::kGzip:
      return std::make_unique<GzipDecompressor>();
    case Compression::kZstd:
      return std::make_unique<ZstdDecompressor>();
  }
  return nullptr;
}

std::unique_ptr<Compressor> MakeCompressor(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return std::make_unique<PlainCompressor>();
    case Compression::kGzip:
      return std::make_unique<GzipCompressor>();
    case Compression::kZstd:
      return std::make_unique<ZstdCompressor>();
  }
  return nullptr;
}

}  // namespace freshet
