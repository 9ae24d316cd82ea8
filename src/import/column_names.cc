#include "import/column_names.h"

#include <string>

#include "base/format.h"
#include "import/fields.h"

namespace freshet {
namespace {

std::string Plain(std::string_view name) {
  std::string plain;
  for (const char letter : Trimmed(name)) {
    if (letter == '_' || letter == ' ') continue;
    plain.push_back(letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter);
  }
  return plain;
}

}  // namespace

std::optional<std::size_t> FindColumn(const std::vector<std::string_view>& header,
                                      const std::vector<std::string_view>& names) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string column = Plain(header[i]);
    for (const std::string_view name : names) {
      if (column == Plain(name)) return i;
    }
  }
  return std::nullopt;
}

Result<std::size_t> RequireColumn(const std::vector<std::string_view>& header,
                                  const std::vector<std::string_view>& names) {
  if (const auto column = FindColumn(header, names)) return *column;
  std::string shown;
  for (const std::string_view column : header)
    shown += fmt::format("{}{}", shown.empty() ? "" : ", ", column);
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("the header has no column {}; it has: {}",
                                                            names.front(), shown.substr(0, 200)));
}

}  // namespace freshet
