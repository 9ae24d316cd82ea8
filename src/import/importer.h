#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/event.h"
#include "freshet/result.h"

namespace freshet {

/// What one line of a foreign file means: events, or a reason why it has none.
struct ImportedRow {
  std::vector<Event> events;  ///< in the order in which they are to be sent
  std::string_view skipped;   ///< a literal; empty: not skipped (a header, a continued line, or events)
};

/// A line without its end, and its number in the file, from 1.
struct ImportLine {
  std::string_view text;
  std::uint64_t number = 0;
};

/// Turns the lines of one file of a public format into events. One object reads one file, on one thread; it
/// keeps what later lines need (a header, purchases that may be cancelled), never the file. No I/O.
class Importer {
 public:
  virtual ~Importer() = default;
  /// An error is a line that does not fit the format; it says which field, the value and what was expected.
  virtual Result<ImportedRow> Accept(const ImportLine& line) = 0;
  /// After the last line. An error: the file ends too early.
  virtual Result<void> Finish() { return {}; }
};

struct ImportOptions {
  std::uint64_t events_max = 0;     ///< stop after this many interactions or ratings; 0: read everything
  std::uint64_t bad_lines_max = 0;  ///< bad lines that are counted and left out before the import fails
  double rating_min = 1;            ///< scale of formats that do not tell it
  double rating_max = 5;
};

struct ImportReport {
  std::uint64_t lines = 0;
  std::uint64_t events = 0;  ///< interactions and ratings
  std::uint64_t items = 0;   ///< catalogue items
  std::uint64_t bad_lines = 0;
  std::vector<std::string> bad_line_messages;                 ///< the first kBadLineMessagesMax
  std::map<std::string, std::uint64_t, std::less<>> skipped;  ///< lines by reason
};

inline constexpr std::size_t kBadLineMessagesMax = 10;

/// Gives the next line without its end; false: there is none.
using LineSource = std::function<Result<bool>(std::string& line)>;
/// Takes one event. An error ends the import.
using EventSink = std::function<Result<void>(const Event& event)>;

/// Reads `lines` to their end, or to `events_max`. Messages of bad lines begin with "line N: ".
Result<ImportReport> RunImport(Importer& importer, const LineSource& lines, const EventSink& sink,
                               const ImportOptions& options);

/// A format that `freshet import` knows.
struct ImportFormat {
  std::string_view name;
  std::string_view description;
  std::unique_ptr<Importer> (*make)(const ImportOptions& options);
};

/// Every format, by name.
std::span<const ImportFormat> ImportFormats();

/// kNotFound names the formats there are.
Result<std::unique_ptr<Importer>> MakeImporter(std::string_view format, const ImportOptions& options);

/// Name of the topic that carries an event: interactions, ratings, feedback, catalogue or profiles.
std::string_view TopicRoleOf(const Event& event);

}  // namespace freshet
