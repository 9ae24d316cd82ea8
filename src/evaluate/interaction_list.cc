#include "evaluate/interaction_list.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/hash_map.h"
#include "base/random.h"
#include "import/column_names.h"
#include "import/fields.h"

namespace freshet {
namespace {

/// Gives ids numbers in the order of their first appearance.
class IdTable final {
 public:
  std::uint32_t NumberOf(std::string_view id) {
    const auto found = numbers_.find(id);
    if (found != numbers_.end()) return found->second;
    const auto number = static_cast<std::uint32_t>(ids_.size());
    ids_.emplace_back(id);
    numbers_.emplace(std::string(id), number);
    return number;
  }
  std::vector<std::string> Take() { return std::move(ids_); }

 private:
  BytesMap<std::uint32_t> numbers_;
  std::vector<std::string> ids_;
};

constexpr std::int64_t kPaceMs = 30'000;

void Shuffle(std::vector<std::uint32_t>& items, Random& random) {
  for (std::size_t left = items.size(); left > 1; --left)
    std::swap(items[left - 1], items[random.Below(left)]);
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    words.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(words.back().size());
  }
}

std::vector<InteractionList::Row> Interleaved(const std::vector<std::vector<std::uint32_t>>& lines) {
  struct Placed {
    double place;
    std::uint32_t user;
    std::uint32_t item;
  };
  std::vector<Placed> placed;
  for (std::uint32_t user = 0; user < lines.size(); ++user) {
    const auto length = static_cast<double>(lines[user].size());
    for (std::size_t i = 0; i < lines[user].size(); ++i) {
      placed.push_back({(static_cast<double>(i) + 0.5) / length, user, lines[user][i]});
    }
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.place < b.place; });
  std::vector<InteractionList::Row> rows;
  rows.reserve(placed.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    rows.push_back(
        {placed[i].user, placed[i].item, {kFirstSyntheticTime.ms + static_cast<std::int64_t>(i) * kPaceMs}});
  }
  return rows;
}

}  // namespace

std::vector<std::vector<std::uint32_t>> InteractionList::ByUser() const {
  std::vector<std::vector<std::uint32_t>> by_user(users.size());
  for (std::uint32_t row = 0; row < rows.size(); ++row) by_user[rows[row].user].push_back(row);
  return by_user;
}

std::vector<Timestamp> InteractionList::NextTimes() const {
  const Timestamp end = rows.empty() ? Timestamp{} : rows.back().at;
  std::vector<Timestamp> next;
  for (const std::vector<std::uint32_t>& own : ByUser()) {
    if (own.size() < 2) {
      next.push_back(end);
      continue;
    }
    const std::int64_t last = rows[own.back()].at.ms;
    next.push_back({last + (last - rows[own[own.size() - 2]].at.ms)});
  }
  return next;
}

EvaluationEvent InteractionList::ClickOf(std::uint32_t row) const {
  return MakeClick(users[rows[row].user], items[rows[row].item], rows[row].at);
}

Result<InteractionList> ReadTable(const std::string& path) {
  EventSourceOptions options;
  options.path = path;
  options.any_order = true;
  FRESHET_TRY(EventSource source, EventSource::Open(options));
  InteractionList list;
  IdTable users;
  IdTable items;
  while (true) {
    FRESHET_TRY(const auto event, source.Next());
    if (!event) break;
    list.rows.push_back({users.NumberOf(event->user_id), items.NumberOf(event->item_id), event->at});
  }
  std::stable_sort(list.rows.begin(), list.rows.end(),
                   [](const InteractionList::Row& a, const InteractionList::Row& b) { return a.at < b.at; });
  list.users = users.Take();
  list.items = items.Take();
  return list;
}

Result<Sequences> ReadSequences(const std::string& path, const SequenceOptions& options) {
  FRESHET_TRY(LineReader reader, LineReader::Open(path));
  Random random(options.seed);
  IdTable items;
  Sequences read;
  std::vector<std::vector<std::uint32_t>> lines;
  while (true) {
    FRESHET_TRY(const auto line, reader.Next());
    if (!line) break;
    std::vector<std::string_view> words = Words(*line);
    if (words.empty()) continue;
    read.stream.users.push_back(options.user_first ? std::string(words.front())
                                                   : fmt::format("{}", reader.LineNumber()));
    if (options.user_first) words.erase(words.begin());
    std::vector<std::uint32_t>& sequence = lines.emplace_back();
    for (const std::string_view word : words) {
      if (const auto id = ParseId("item", word); !id.ok()) {
        return id.error().Within(fmt::format("{}: line {}", path, reader.LineNumber()));
      }
      sequence.push_back(items.NumberOf(word));
    }
    if (options.shuffle) Shuffle(sequence, random);
    const std::size_t held = std::min(options.hold_back, sequence.size());
    const auto cut = sequence.end() - static_cast<std::ptrdiff_t>(held);
    read.held_back.emplace_back(cut, sequence.end());
    sequence.erase(cut, sequence.end());
  }
  read.stream.items = items.Take();
  read.stream.rows = Interleaved(lines);
  return read;
}

Result<bool> IsTable(const std::string& path) {
  if (path == "-") return false;  // reading it would take the line away
  FRESHET_TRY(LineReader reader, LineReader::Open(path));
  FRESHET_TRY(const auto line, reader.Next());
  if (!line) return false;
  const auto header = SplitFields(*line, "\t");
  return FindColumn(header, {"item", "itemId"}).has_value();
}

}  // namespace freshet
