#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "freshet/log.h"
#include "freshet/result.h"

namespace freshet {

// A topic's role is the name the code knows it by: "interactions", "ratings", "feedback", "catalogue",
// "profiles" (inputs), "recommendations", "dead-letters" (outputs), "item-deltas", "item-model",
// "user-links", "net-lessons", "user-changelog", "item-changelog", "net-changelog" (inside). Its name on the
// log is configuration.

/// All roles: inputs, outputs, inside.
const std::vector<std::string>& TopicRoles();

/// The name on the log: topics.prefix + configured name, with "<app.id>-" between for topics inside.
/// The role must be known.
std::string TopicName(const Config& config, std::string_view role);

/// The role of a name, given as role or as name on the log; "" when it is neither.
std::string RoleOf(const Config& config, std::string_view name_or_role);

/// True for the topics that applications write: the roles POST /v1/events and `freshet send` accept.
bool IsInputRole(std::string_view role);

/// What every role's topic should be, by topics.file or, where that is empty, by the built-in copy of
/// config/topics.toml. Mistakes in the file come as in LoadConfig.
Result<std::vector<TopicSpec>> WantedTopics(const Config& config);

/// config/topics.toml as it is built in.
std::string_view BuiltInTopicsToml();

}  // namespace freshet
