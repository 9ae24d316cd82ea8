#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_log.h"

namespace freshet::kafka {

enum class Role { kAdmin, kQuery, kReader, kWriter, kMember };

using Setting = std::pair<std::string, std::string>;
using SettingList = std::vector<Setting>;

/// Refuses a setting that Freshet decides itself (the message says what to use instead), a client id that is
/// too long and an empty address.
Result<void> CheckOptions(const KafkaOptions& options);

/// Settings of one handle in the order in which they are set: Freshet's defaults, the user's, the decided.
SettingList SettingsFor(Role role, const KafkaOptions& options, const SettingList& decided);

/// message.max.bytes of writers: the user's, or librdkafka's default.
std::int64_t MessageMaxBytes(const KafkaOptions& options);

/// True when the setting's value must not appear in a message.
bool IsSecret(std::string_view name);

}  // namespace freshet::kafka
