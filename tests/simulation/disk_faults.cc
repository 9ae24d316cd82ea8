#include "simulation/disk_faults.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/logging.h"

namespace freshet::simulation {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> FilesOf(const std::string& directory) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(directory, none)) {
    const std::string name = entry.path().filename().string();
    const bool alone = name == "LOCK" || name.starts_with("LOG") || name.starts_with("MANIFEST");
    if (entry.is_regular_file() && !alone && entry.file_size() > 0) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void ZeroFrom(const fs::path& file, std::uint64_t from, std::uint64_t size) {
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(static_cast<std::streamoff>(from));
  const std::string zeros(size - from, '\0');
  bytes.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
}

}  // namespace

void TearSomeFile(const std::string& directory, Random& random) {
  const std::vector<fs::path> files = FilesOf(directory);
  if (files.empty()) return;
  const fs::path& file = files[random.Below(files.size())];
  const std::uint64_t size = fs::file_size(file);
  const std::uint64_t keep = random.Below(size);
  LogWarn("file torn", {{"file", file.string()}, {"bytes", size}, {"kept", keep}});
  if (random.Chance(0.5)) return fs::resize_file(file, keep);
  ZeroFrom(file, keep, size);
}

}  // namespace freshet::simulation
