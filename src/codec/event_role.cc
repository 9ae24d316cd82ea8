#include "codec/event_role.h"

#include <string>

#include "codec/json.h"

namespace freshet {

std::string_view GuessEventRole(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json.ok() || !json->is_object()) return "interactions";
  const bool has_user = json->contains("user_id") || json->contains("anonymous_id");
  if (!has_user && json->contains("item_id")) return "catalogue";
  if (json->contains("rating")) return "ratings";
  if (!json->contains("item_id") && !json->contains("type") && !json->contains("request_id"))
    return "profiles";
  const std::string type = json->contains("type") && (*json)["type"].is_string() ? (*json)["type"] : "";
  const bool feedback =
      type == "impression" || type == "accept" || type == "undo" || type.starts_with("explanation_");
  return feedback ? "feedback" : "interactions";
}

}  // namespace freshet
