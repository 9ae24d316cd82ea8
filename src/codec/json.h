#pragma once

// The one place that includes nlohmann: a JSON tree for requests, tools and tests. Too slow for events; those
// go through codec/decoder.h and codec/json_writer.h.
#include <nlohmann/json.hpp>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

using Json = nlohmann::json;

/// Parses strictly; never throws. kInvalidArgument names the place and the cause.
Result<Json> ParseJson(std::string_view text);

}  // namespace freshet
