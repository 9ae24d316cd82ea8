#pragma once

#include <string>
#include <vector>

#include "codec/json.h"

namespace freshet::testing {

/// Validates by the part of JSON Schema 2020-12 that schemas/ uses, and by `x-max-bytes`. A schema with any
/// other keyword is refused, so that no rule is passed over in silence.
class JsonSchema {
 public:
  /// Throws std::invalid_argument for a keyword that is not supported.
  explicit JsonSchema(Json schema);
  /// The faults, as "pointer: what"; empty: valid.
  std::vector<std::string> Faults(const Json& instance) const;

 private:
  void CheckKeywords(const Json& schema) const;
  bool Accepts(const Json& schema, const Json& instance) const;
  void Validate(const Json& schema, const Json& instance, const std::string& path,
                std::vector<std::string>& faults) const;
  void ValidateCombined(const Json& schema, const Json& instance, const std::string& path,
                        std::vector<std::string>& faults) const;
  void ValidateObject(const Json& schema, const Json& instance, const std::string& path,
                      std::vector<std::string>& faults) const;
  void ValidateArray(const Json& schema, const Json& instance, const std::string& path,
                     std::vector<std::string>& faults) const;
  const Json root_;
};

}  // namespace freshet::testing
