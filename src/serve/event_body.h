#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/result.h"

namespace freshet {

/// How events are laid out in a request's body, by its content type.
enum class BodyLayout { kJson, kLines, kUnknown };

/// application/json, application/cloudevents+json, application/cloudevents-batch+json: one document.
/// application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonlines: one a line.
BodyLayout LayoutOf(std::string_view content_type);

/// The text of each event. A JSON document is one event, or an array of them; lines that are blank are left
/// out. The events' own text is not looked at beyond finding where each ends. kInvalidArgument: an array that
/// does not end or has an empty place; kOutOfRange: more than `events_max`.
Result<std::vector<std::string>> SplitEvents(std::string_view body, BodyLayout layout,
                                             std::size_t events_max);

}  // namespace freshet
