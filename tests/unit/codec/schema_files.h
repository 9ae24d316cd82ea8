#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "text_file.h"
#include "unit/codec/json_schema.h"

namespace freshet::testing {

inline std::filesystem::path SchemaFolder() { return std::filesystem::path(FRESHET_SOURCE_DIR) / "schemas"; }

inline JsonSchema LoadSchema(const std::string& file) {
  return JsonSchema(Json::parse(ReadText(SchemaFolder() / file)));
}

/// "rating.schema.json" -> "rating", the folder of its examples.
inline std::string StemOf(std::string_view schema) { return std::string(schema.substr(0, schema.find('.'))); }

/// The example files of an event, `kind` being valid or invalid, in name order.
inline std::vector<std::filesystem::path> Examples(const std::string& event, const std::string& kind) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SchemaFolder() / "examples" / event / kind)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace freshet::testing
