#pragma once

#include <string>
#include <string_view>

#include "freshet/recommendation.h"
#include "freshet/result.h"

namespace freshet {

/// How much of a list its record carries (configuration: publish.detail).
enum class Detail {
  /// What a consumer needs to show a list and to attribute what follows: the head (ids, surface, status,
  /// generated_at, trigger, as_of, model) and of each item rank, item_id, score and its reasons as code, part
  /// and
  /// contribution. Left out, and answered by the API: types, titles, score_parts, sources, filter counts, and
  /// the
  /// reasons' texts and evidence.
  kCompact,
  kFull,
};

/// The record's value, schemas/recommendation.schema.json. Numbers read back exactly; those that are not
/// finite (a fault of the caller) become null or are left out, never invalid JSON.
std::string EncodeRecommendationList(const RecommendationList& list, Detail detail);

/// Reads either form back. kInvalidArgument names the fault. For tools and tests, not for speed.
Result<RecommendationList> DecodeRecommendationList(std::string_view json);

}  // namespace freshet
