#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "freshet/result.h"

namespace freshet {

using NameValue = std::pair<std::string, std::string>;

/// Where a configuration comes from. Later sources win: defaults, profile, file,
/// environment, settings.
struct ConfigSources {
  std::string file{};  ///< path of a TOML file; empty: none
  std::vector<NameValue>
      environment{};                  ///< variables; FRESHET_<SECTION>__<KEY> is read, with one '_' an error
  std::vector<NameValue> settings{};  ///< dotted key and text, from `--set`
  std::string
      profile{};  ///< path of a TOML file that goes before `file`: what fits a kind of data; empty: none
};

/// Loads and checks a configuration. All mistakes of all sources come in one kInvalidArgument, a line each,
/// as "file:line:column: key: what is wrong; what to write". kNotFound / kIo: the file cannot be read.
Result<Config> LoadConfig(const ConfigSources& sources);

/// The same for text that is already in memory; `name` stands for the file in messages.
Result<Config> ParseConfig(std::string_view toml, const std::string& name, const ConfigSources& overrides);

/// The process's environment variables whose names start with FRESHET_.
std::vector<NameValue> FreshetEnvironment();

struct Mistake {
  std::vector<std::string> keys;  ///< those that made it
  std::string message;            ///< one line
};

/// What a single field's bounds cannot say: shares that exceed the whole, addresses, names.
std::vector<Mistake> CheckTogether(const Config& config);

/// The bytes of a file. kNotFound, kIo.
Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace freshet
