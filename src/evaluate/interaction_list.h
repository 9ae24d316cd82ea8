#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/event_source.h"
#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// Interactions in memory, their ids kept once: for protocols that need users as wholes.
struct InteractionList {
  struct Row {
    std::uint32_t user = 0;  ///< index into users
    std::uint32_t item = 0;  ///< index into items
    Timestamp at;
  };
  std::vector<std::string> users;  ///< in the order of first appearance
  std::vector<std::string> items;
  std::vector<Row> rows;

  /// Rows of each user, in the order of `rows`.
  std::vector<std::vector<std::uint32_t>> ByUser() const;
  /// When each user would come next, its steps all as long as its last one; at the end of the list where it
  /// has a single row or none.
  std::vector<Timestamp> NextTimes() const;
  /// A click of a row, by the user of this id.
  EvaluationEvent ClickOf(std::uint32_t row) const;
};

/// A table as EventSource reads it, its lines in any order; rows come in order of time, lines with equal
/// times in the order of the file.
Result<InteractionList> ReadTable(const std::string& path);

/// How lines without times become a stream.
struct SequenceOptions {
  bool user_first = false;  ///< each line begins with its user's id; else users are the numbers of the lines
  bool shuffle = false;     ///< the order of a line means nothing
  std::uint64_t seed = 1;   ///< of the shuffle
  std::size_t hold_back = 0;  ///< items at the end of each line that are left out of `rows`
};

/// Lines of item ids, one user a line, separated by blanks. Rows come as if all users had been there from the
/// first to the last moment, each at an even pace: sorted by place / length, one row a half minute.
struct Sequences {
  InteractionList stream;
  std::vector<std::vector<std::uint32_t>> held_back;  ///< items at the end of each line, by user
};
Result<Sequences> ReadSequences(const std::string& path, const SequenceOptions& options);

/// True where the file's first line is a header of a table that ReadTable reads; false for standard input.
Result<bool> IsTable(const std::string& path);

}  // namespace freshet
