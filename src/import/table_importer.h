#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "import/importer.h"

namespace freshet {

/// A column that a table has under one of these names; the first one stands in errors. Case and underscores
/// do not matter.
struct TableColumn {
  std::vector<std::string_view> names;  ///< literals
  bool required = true;
};

/// Tab-separated lines under a header, whose columns stand in any order and beside others. A format says
/// which columns it needs and what one line means.
class TableImporter : public Importer {
 public:
  explicit TableImporter(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}
  Result<ImportedRow> Accept(const ImportLine& line) final;

 protected:
  /// The fields of a line by column; absent: the table has no such column.
  using Fields = std::vector<std::optional<std::string_view>>;
  virtual Result<Event> EventOf(const Fields& fields, std::uint64_t line_number) const = 0;

 private:
  Result<void> ReadHeader(std::string_view line);
  std::vector<TableColumn> columns_;
  std::vector<std::optional<std::size_t>> places_;  // by column; empty: the header has not come yet
  std::size_t width_ = 0;
};

}  // namespace freshet
