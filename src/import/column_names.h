#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "freshet/result.h"

namespace freshet {

/// Where a header has a column of one of `names`; case and underscores do not matter ("SessionId",
/// "session_id").
std::optional<std::size_t> FindColumn(const std::vector<std::string_view>& header,
                                      const std::vector<std::string_view>& names);

/// The same for a column that must be there; the error names it and shows what the header has.
Result<std::size_t> RequireColumn(const std::vector<std::string_view>& header,
                                  const std::vector<std::string_view>& names);

}  // namespace freshet
