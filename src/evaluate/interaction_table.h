#pragma once

#include "evaluate/event_source.h"
#include "import/table_importer.h"

namespace freshet {

/// Tab-separated interactions under a header: user (or session), item, time (unix seconds or milliseconds)
/// and perhaps value, in any order and beside other columns. A line becomes a click, or, where ratings are
/// asked for and it has a value, a rating. Events have no event_id: each line counts.
class InteractionTable final : public TableImporter {
 public:
  explicit InteractionTable(const EventSourceOptions& options);

 private:
  Result<Event> EventOf(const Fields& fields, std::uint64_t line_number) const override;
  bool ratings_;
  double rating_min_;
  double rating_max_;
};

}  // namespace freshet
