#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "config/config.h"
#include "engine/recommender_topology.h"
#include "engine/user_query.h"
#include "freshet/log.h"
#include "serve/backend.h"

namespace freshet {

/// A question to UserQuery. kInvalidArgument says what is wrong with it.
Result<UserQuery::Question> QuestionOf(const UserQuery& query, const ListQuestion& question, Timestamp now);

/// The answer to a question about a user as JSON, named by its user and time.
std::string EncodeAnswer(RecommendationList list, const ListQuestion& question);

/// The answer to a question about an item, {"item_id", "items": [{"rank", "item_id", "title", "score"}]} as
/// JSON; absent: it is not known.
Result<std::optional<std::string>> AnswerSimilar(UserQuery& query, const ItemSnapshot& view,
                                                 const std::string& item_id, const ListQuestion& question);

/// Answers queries from a data directory that no instance runs on: the item model is folded from the log, the
/// users are read from the state directories. Used by commands, one thread.
class DirectoryQueries final {
 public:
  /// kNotFound: there is no log or state in the directory yet.
  static Result<std::unique_ptr<DirectoryQueries>> Open(const Config& config);
  /// As ServeBackend::Recommend and Similar.
  Result<std::optional<std::string>> Recommend(const std::string& user_id, const ListQuestion& question);
  Result<std::optional<std::string>> Similar(const std::string& item_id, const ListQuestion& question);

 private:
  explicit DirectoryQueries(const Config& config);
  Result<void> FoldView();
  const Config config_;
  const RecommenderOptions recommender_;
  const Topology topology_;
  UserQuery query_;
  std::unique_ptr<Log> log_;
  std::shared_ptr<const ItemSnapshot> view_;
};

}  // namespace freshet
