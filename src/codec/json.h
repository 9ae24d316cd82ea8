#pragma once

// The one place that includes nlohmann: a JSON tree for requests, tools and tests. Too slow for events; those
// go through codec/decoder.h and codec/json_writer.h.
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

using Json = nlohmann::json;

/// Parses strictly; never throws. kInvalidArgument names the place and the cause.
Result<Json> ParseJson(std::string_view text);

/// A whole number in [`min`, `max`]; throws Json::exception on anything else. nlohmann's own get<> converts a
/// fraction or a number out of range without a word.
std::int64_t WholeNumber(const Json& json, std::int64_t min, std::int64_t max);

template <typename Integer>
Integer WholeNumber(const Json& json) {
  using Limits = std::numeric_limits<Integer>;
  return static_cast<Integer>(WholeNumber(json, Limits::min(), Limits::max()));
}

}  // namespace freshet
