#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "freshet/log.h"
#include "freshet/operator.h"

namespace freshet {

/// Roles of the topics that the engine itself knows; operators name the others.
inline constexpr std::string_view kDeadLettersRole = "dead-letters";
inline constexpr std::string_view kItemModelRole = "item-model";

/// One kind of task.
struct OperatorSpec {
  std::string name;                  ///< "user", "item"
  std::vector<std::string> inputs;   ///< roles, the lead topic first
  std::vector<std::string> outputs;  ///< roles it emits to, without the changelog and dead letters
  std::int32_t partitions = 1;       ///< of its inputs and its changelog
  bool reads_items = false;          ///< pins the item model
  std::function<std::unique_ptr<Operator>(Partition)> make;
  /// After a batch the task rests for so many times its commit, at most 200 ms: where nobody waits for its
  /// outputs in person, fewer and larger transactions leave the broker to those that write lists. 0: never.
  std::int32_t rest_factor = 0;
};

/// What runs: operators, and the topic of each role. Immutable once the engine started.
struct Topology {
  std::string app;                            ///< prefix of transactional ids and changelogs
  std::int32_t item_partitions = 1;           ///< of the item model, its deltas and the catalogue
  std::int32_t user_partitions = 1;           ///< of what is keyed by user
  std::map<std::string, std::string> topics;  ///< role -> name
  std::vector<OperatorSpec> operators;

  /// Name of the role's topic; the role must be known.
  const std::string& TopicOf(std::string_view role) const;
  std::string ChangelogOf(const std::string& operator_name) const;
  std::string TransactionalId(const std::string& operator_name, Partition partition) const;
};

}  // namespace freshet
