#include "simulation/fold_operator.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "base/format.h"
#include "state/keys.h"

namespace freshet::simulation {
namespace {

constexpr std::uint32_t kEvents = 0;

/// Splits at '|'; empty unless there are as many parts as the input wants, none of them empty.
std::vector<std::string> PartsOf(const Record& record, std::uint32_t input) {
  std::vector<std::string> parts;
  std::string_view rest = record.value ? std::string_view(*record.value) : std::string_view();
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    parts.emplace_back(rest.substr(0, bar));
    if (parts.back().empty()) return {};
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
  }
  const std::size_t wanted = input == kEvents ? 3 : 2;
  return parts.size() == wanted ? parts : std::vector<std::string>();
}

std::string CountKey(const std::string& user) { return KeyBuilder('c').Text(user).Take(); }
std::string ItemsKey(const std::string& user) { return KeyBuilder('i').Text(user).Take(); }
std::string SeenKey(std::uint32_t input, const std::string& id) {
  return KeyBuilder('s').Number(input).Text(id).Take();
}

std::int64_t CountIn(State& state, const std::string& user) {
  std::int64_t count = 0;
  if (const auto stored = state.Get(CountKey(user))) {
    std::from_chars(stored->data(), stored->data() + stored->size(), count);
  }
  return count;
}

std::string Appended(std::string items, const std::string& item) {
  if (!items.empty()) items += ',';
  items += item;
  const auto kept = static_cast<std::size_t>(std::count(items.begin(), items.end(), ',')) + 1;
  return kept <= kItemsKept ? items : items.substr(items.find(',') + 1);
}

}  // namespace

void FoldOperator::Process(const RoledRecord& input, Context& context) {
  const Record& record = *input.record;
  const auto parts = PartsOf(record, input.input);
  if (parts.empty()) return context.Reject(record, {"schema", "", "not id|user|item", "send that", "bare"});
  State& state = context.state();
  const std::string seen = SeenKey(input.input, parts[0]);
  if (state.Get(seen)) return context.Count(Outcome::kDuplicate);
  state.Put(seen, "");
  const std::string& user = parts[1];
  const std::int64_t count = CountIn(state, user) + (input.input == kEvents ? 1 : -1);
  if (count == 0) {
    state.Delete(CountKey(user));
  } else {
    state.Put(CountKey(user), std::to_string(count));
  }
  if (input.input == kEvents) {
    const std::string items(state.Get(ItemsKey(user)).value_or(""));
    state.Put(ItemsKey(user), Appended(items, parts[2]));
  }
  touched_.insert(user);
  context.AdvanceWatermark(record.timestamp);
  context.Count(Outcome::kAccepted);
}

void FoldOperator::CloseBatch(Context& context) {
  for (const std::string& user : touched_) {
    OutputRecord record;
    record.to = {"counts", context.partition()};
    record.key = user;
    record.value = fmt::format("{};{}", context.Sequence(), CountIn(context.state(), user));
    context.Emit(std::move(record));
  }
  touched_.clear();
}

Topology FoldTopology(std::int32_t partitions) {
  Topology topology;
  topology.app = "sim";
  topology.user_partitions = partitions;
  topology.item_partitions = partitions;
  for (const char* role : {"events", "retractions", "counts", "dead-letters", "item-model"}) {
    topology.topics[role] = role;
  }
  OperatorSpec fold{"fold", {"events", "retractions"}, {"counts"}, partitions, false, {}};
  fold.make = [](Partition) -> std::unique_ptr<Operator> { return std::make_unique<FoldOperator>(); };
  topology.operators.push_back(std::move(fold));
  return topology;
}

void FoldReference::Fold(const std::vector<Record>& topic, std::uint32_t input, Offset from, Offset next) {
  for (const Record& record : topic) {
    if (record.offset < from || record.offset >= next) continue;
    const auto parts = PartsOf(record, input);
    if (parts.empty()) {
      bad_.emplace_back(input, record.offset.value);
      ++rejected_;
      continue;
    }
    if (!seen_[input].insert(parts[0]).second) {
      ++duplicates_;
      continue;
    }
    ++accepted_;
    User& user = users_[parts[1]];
    touched_.insert(parts[1]);
    user.count += input == kEvents ? 1 : -1;
    if (input == kEvents) user.items.push_back(parts[2]);
  }
}

std::map<std::string, std::int64_t> FoldReference::TakeTouched() {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& name : touched_) counts[name] = users_[name].count;
  touched_.clear();
  return counts;
}

std::vector<std::pair<std::uint32_t, std::int64_t>> FoldReference::TakeBad() {
  return std::exchange(bad_, {});
}

std::map<std::string, std::string> FoldReference::State() const {
  std::map<std::string, std::string> state;
  for (const auto& [name, user] : users_) {
    if (user.count != 0) state[CountKey(name)] = std::to_string(user.count);
    if (user.items.empty()) continue;
    std::string& items = state[ItemsKey(name)];
    const std::size_t first = user.items.size() > kItemsKept ? user.items.size() - kItemsKept : 0;
    for (std::size_t i = first; i < user.items.size(); ++i) items += (i == first ? "" : ",") + user.items[i];
  }
  for (std::uint32_t input = 0; input < 2; ++input) {
    for (const std::string& id : seen_[input]) state[SeenKey(input, id)] = "";
  }
  return state;
}

}  // namespace freshet::simulation
