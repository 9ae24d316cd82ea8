#include "connectors/file/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace freshet {
namespace {

constexpr mode_t kNewFileMode = 0644;

std::string Reason(int error) { return std::error_code(error, std::generic_category()).message(); }

}  // namespace

Descriptor::Descriptor(int number, std::string path, bool owned)
    : number_(number), path_(std::move(path)), owned_(owned) {}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)), path_(std::move(other.path_)), owned_(other.owned_) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(path_, other.path_);
  std::swap(owned_, other.owned_);
  return *this;
}

Descriptor::~Descriptor() { static_cast<void>(Close()); }

Result<Descriptor> Descriptor::Open(const std::string& path, int flags) {
  const int number = ::open(path.c_str(), flags | O_CLOEXEC, kNewFileMode);
  if (number >= 0) return Descriptor(number, path, true);
  const auto code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return MakeError(code, "opening " + path + ": " + Reason(errno));
}

Descriptor Descriptor::Borrow(int number, std::string name) {
  return Descriptor(number, std::move(name), false);
}

Error Descriptor::Failed(std::string_view what) const {
  return MakeError(ErrorCode::kIo, std::string(what) + " " + path_ + ": " + Reason(errno));
}

Result<std::string> Descriptor::Read(std::size_t bytes_max) {
  std::string bytes(bytes_max, '\0');
  ssize_t got = 0;
  do {
    got = ::read(number_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Failed("reading");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<std::string> Descriptor::ReadAt(std::uint64_t position, std::uint64_t bytes) const {
  std::string read(bytes, '\0');
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t got =
        ::pread(number_, read.data() + done, bytes - done, static_cast<off_t>(position + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("reading");
    if (got == 0) return MakeError(ErrorCode::kCorrupt, path_ + " is shorter than it was; restore it");
    done += static_cast<std::size_t>(got);
  }
  return read;
}

Result<void> Descriptor::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(number_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failed("writing");
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<std::uint64_t> Descriptor::Size() const {
  struct stat status {};
  if (::fstat(number_, &status) != 0) return Failed("examining");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> Descriptor::Truncate(std::uint64_t bytes) {
  if (::ftruncate(number_, static_cast<off_t>(bytes)) != 0) return Failed("truncating");
  return {};
}

Result<void> Descriptor::Sync() {
  if (::fdatasync(number_) != 0) return Failed("syncing");
  return {};
}

Result<void> Descriptor::Close() {
  const int number = std::exchange(number_, -1);
  if (number < 0 || !owned_) return {};
  if (::close(number) != 0) return Failed("closing");
  return {};
}

}  // namespace freshet
