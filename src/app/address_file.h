#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "freshet/result.h"

namespace freshet {

/// <data.dir>/freshet.address: host:port of the instance that runs on this directory, so that other commands
/// ask it instead of opening files that it holds. A killed instance leaves the file behind, and another
/// process may have its port since.
std::string AddressFilePath(const Config& config);
Result<void> WriteAddressFile(const Config& config, const std::string& address);
void RemoveAddressFile(const Config& config);
/// What the file says, of whatever time. Absent: no instance has said where it listens.
std::optional<std::string> ReadAddressFile(const Config& config);
/// The address, only while a process holds the directory: never a stale one.
std::optional<std::string> RunningAddress(const Config& config);

}  // namespace freshet
