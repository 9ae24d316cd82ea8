#include "evaluate/held_out.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash_map.h"

namespace freshet {
namespace {

Result<InteractionList> ReadEither(const std::string& path, const SequenceOptions& how) {
  FRESHET_TRY(const bool table, IsTable(path));
  if (table) return ReadTable(path);
  FRESHET_TRY(Sequences sequences, ReadSequences(path, how));
  return std::move(sequences.stream);
}

std::vector<std::string> ItemsOf(const InteractionList& list, const std::vector<std::uint32_t>& rows) {
  std::vector<std::string> items;
  std::set<std::uint32_t> known;
  for (const std::uint32_t row : rows) {
    const std::uint32_t item = list.rows[row].item;
    if (known.insert(item).second) items.push_back(list.items[item]);
  }
  return items;
}

}  // namespace

Result<EvaluationReport> EvaluateHeldOut(const HeldOutOptions& options, const EvaluationOptions& evaluation,
                                         const Clock& clock) {
  EvaluationOptions own = evaluation;
  own.recommender.user.rank.allow_repeats = false;
  Evaluation run(own, clock);
  FRESHET_CHECK(run.Open());
  SequenceOptions how;
  how.user_first = true;
  how.shuffle = !options.given_order;
  how.seed = options.seed;
  FRESHET_TRY(const bool timed, IsTable(options.train));
  BytesMap<Timestamp> list_at;
  Timestamp end;
  {
    FRESHET_TRY(const InteractionList train, ReadEither(options.train, how));
    FRESHET_CHECK(run.LearnAll(train));
    for (const InteractionList::Row& row : train.rows) {
      list_at[train.users[row.user]] = row.at;
      end = std::max(end, row.at);
    }
    const std::vector<Timestamp> next = timed ? std::vector<Timestamp>() : train.NextTimes();
    for (std::size_t user = 0; user < next.size(); ++user) list_at[train.users[user]] = next[user];
  }
  FRESHET_TRY(const InteractionList test, ReadEither(options.test, how));
  const auto by_user = test.ByUser();
  for (std::size_t user = 0; user < by_user.size(); ++user) {
    if (by_user[user].empty()) continue;
    const auto known = list_at.find(test.users[user]);
    const Timestamp at = known == list_at.end() ? end : known->second;
    FRESHET_CHECK(run.Rank(test.users[user], at));
    FRESHET_CHECK(run.ScoreMany(test.users[user], ItemsOf(test, by_user[user])));
  }
  return run.FinishLists("held-out", options.test);
}

}  // namespace freshet
