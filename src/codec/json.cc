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

}  // namespace freshet
