#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "connectors/file/lines.h"
#include "freshet/event.h"
#include "freshet/result.h"
#include "import/importer.h"

namespace freshet {

/// What comes without times begins here; any moment would do.
inline constexpr Timestamp kFirstSyntheticTime{1'000'000'000'000};

/// What a value in the input means.
enum class ReadAs : std::uint8_t {
  kClicks,   ///< each rating counts as one click, whatever its value
  kRatings,  ///< as the file says
};

struct EventSourceOptions {
  std::string path;  ///< "-": standard input
  std::string format = kTable;
  ReadAs as = ReadAs::kClicks;
  double rating_min = 1;  ///< scale of values
  double rating_max = 5;
  /// Events may have no time: they are given one a second, in the order of the file.
  bool times_optional = false;
  bool any_order = false;  ///< for who sorts them
  /// Tab-separated lines under a header with user, item, time and perhaps value; a session is a user.
  static constexpr const char* kTable = "tsv";
  static constexpr const char* kLines = "jsonl";  ///< our own events
};

/// One event of a file that models are evaluated on.
struct EvaluationEvent {
  Event event;
  std::string user_id;
  std::string item_id;
  Timestamp at;
  std::uint64_t line = 0;
};

/// A click as an event of its own.
EvaluationEvent MakeClick(std::string user_id, std::string item_id, Timestamp at);

/// Reads events in time order, one at a time: memory does not depend on the file's length. One thread.
class EventSource final {
 public:
  static Result<EventSource> Open(const EventSourceOptions& options);
  /// Nullopt: the end. Errors name the file and the line: one that does not fit the format, that has no time,
  /// or that is older than the one before it.
  Result<std::optional<EvaluationEvent>> Next();

 private:
  EventSource(EventSourceOptions options, LineReader reader, std::unique_ptr<Importer> importer)
      : options_(std::move(options)), reader_(std::move(reader)), importer_(std::move(importer)) {}
  Result<bool> ReadRow();
  Result<void> Take(Event event);
  Result<Timestamp> TimeOf(Event& event);
  Error At(const Error& error) const;

  EventSourceOptions options_;
  LineReader reader_;
  std::unique_ptr<Importer> importer_;
  std::deque<EvaluationEvent> ready_;
  Timestamp latest_;
  bool timed_ = false;  ///< an event had a time
};

/// Time below or at which the part `quantile` of the events lies. Reads the whole file.
Result<Timestamp> TimeQuantile(const EventSourceOptions& options, double quantile);

}  // namespace freshet
