#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "freshet/result.h"

namespace freshet {

/// <data.dir>/freshet.address: host:port of the instance that runs on this directory, so that other commands
/// ask it instead of opening files that it holds. A killed instance leaves the file behind; a caller finds
/// out by connecting.
std::string AddressFilePath(const Config& config);
Result<void> WriteAddressFile(const Config& config, const std::string& address);
void RemoveAddressFile(const Config& config);
/// Absent: no instance has said where it listens.
std::optional<std::string> ReadAddressFile(const Config& config);

}  // namespace freshet
