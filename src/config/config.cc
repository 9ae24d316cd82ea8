#include "config/config.h"

namespace freshet {

MemoryBudget DivideMemory(const StateConfig& state) {
  const auto share = [&](double fraction) {
    return static_cast<std::int64_t>(static_cast<double>(state.memory_bytes) * fraction);
  };
  return {.tables = share(state.tables_share),
          .view = share(state.view_share),
          .cache = share(state.cache_share),
          .queues = share(state.queues_share)};
}

std::string GroupName(const Config& config) {
  return config.kafka.group.empty() ? config.app.id : config.kafka.group;
}

bool UsesEmbeddedLog(const Config& config) { return config.kafka.bootstrap_servers.empty(); }

}  // namespace freshet
