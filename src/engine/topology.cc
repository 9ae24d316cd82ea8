#include "engine/topology.h"

#include "base/assert.h"
#include "base/format.h"

namespace freshet {

const std::string& Topology::TopicOf(std::string_view role) const {
  const auto at = topics.find(std::string(role));
  FRESHET_ASSERT(at != topics.end());
  return at->second;
}

std::string Topology::ChangelogOf(const std::string& operator_name) const {
  const auto named = topics.find(operator_name + "-changelog");
  return named != topics.end() ? named->second : fmt::format("{}-{}-changelog", app, operator_name);
}

std::string Topology::TransactionalId(const std::string& operator_name, Partition partition) const {
  return fmt::format("{}-{}-{}", app, operator_name, partition.value);
}

}  // namespace freshet
