#include "app/address_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "config/load.h"
#include "state/state_directory.h"

namespace freshet {

std::string AddressFilePath(const Config& config) { return config.data.dir + "/freshet.address"; }

Result<void> WriteAddressFile(const Config& config, const std::string& address) {
  const std::string path = AddressFilePath(config);
  const std::string unfinished = path + ".new";  // a reader never sees half an address
  std::ofstream out(unfinished, std::ios::trunc);
  out << address << '\n';
  out.close();
  if (!out.fail() && std::rename(unfinished.c_str(), path.c_str()) == 0) return {};
  return MakeError(ErrorCode::kIo, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

void RemoveAddressFile(const Config& config) {
  std::error_code ignored;
  std::filesystem::remove(AddressFilePath(config), ignored);
}

std::optional<std::string> ReadAddressFile(const Config& config) {
  const auto text = ReadWholeFile(AddressFilePath(config));
  if (!text.ok()) return std::nullopt;
  const std::string address = text->substr(0, text->find('\n'));
  if (address.empty()) return std::nullopt;
  return address;
}

std::optional<std::string> RunningAddress(const Config& config) {
  if (!StateDirectory::IsLocked(config.data.dir)) return std::nullopt;
  return ReadAddressFile(config);
}

}  // namespace freshet
