#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "config/config.h"
#include "freshet/log.h"

namespace freshet::bench {

struct InputEvent {
  std::string user_id;
  std::string value;  ///< an interaction, JSON
};

/// Interactions, as many as are asked for.
class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual InputEvent Next() = 0;
};

/// "generated USERS,ITEMS,SKEW": clicks of about 220 bytes, items drawn by Zipf's law with that exponent,
/// users by u = USERS x^2; seeded. Else a file of interactions, JSON Lines, plain or compressed: when it ends
/// it begins anew, later by its own span and with other users.
std::unique_ptr<EventSource> OpenEvents(const std::string& input);

/// Creates the topics and appends `count` interactions in transactions of 10 000.
void Fill(Log& log, const Config& config, EventSource& events, std::int64_t count);

/// One record of the topic `interactions`, its partition chosen as Kafka's default partitioner does.
OutputRecord InteractionRecord(const Config& config, InputEvent event);

}  // namespace freshet::bench
