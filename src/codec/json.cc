#include "codec/json.h"

#include "base/format.h"

namespace freshet {

Result<Json> ParseJson(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("not JSON: {}", error.what()));
  }
}

std::int64_t WholeNumber(const Json& json, std::int64_t min, std::int64_t max) {
  const auto refuse = [&] {
    throw Json::other_error::create(501,
                                    fmt::format("expected a whole number from {} to {}, got {}", min, max,
                                                json.is_number() ? json.dump() : json.type_name()),
                                    nullptr);
  };
  if (!json.is_number_integer()) refuse();
  // A value above the signed range is kept unsigned.
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<std::uint64_t>(max)) refuse();
  const auto value = json.get<std::int64_t>();
  if (value < min || value > max) refuse();
  return value;
}

}  // namespace freshet
