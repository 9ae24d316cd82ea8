#include "serve/event_body.h"

#include <algorithm>
#include <array>

#include "base/format.h"

namespace freshet {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Error NotAnArray(std::string_view what) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("the array {}", what));
}

Error TooMany(std::size_t events_max) {
  return MakeError(ErrorCode::kOutOfRange, fmt::format("more than {} events in one request", events_max));
}

// End of the element that starts at `at`: the comma or bracket that closes it; npos when there is none.
std::size_t EndOfElement(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      return i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return std::string_view::npos;
      --depth;
    }
  }
  return std::string_view::npos;
}

Result<std::vector<std::string>> SplitArray(std::string_view text, std::size_t events_max) {
  std::vector<std::string> events;
  if (Trimmed(text.substr(1)) == "]") return events;
  for (std::size_t at = 1;;) {
    const std::size_t end = EndOfElement(text, at);
    if (end == std::string_view::npos) return NotAnArray("does not end");
    const std::string_view element = Trimmed(text.substr(at, end - at));
    if (element.empty()) return NotAnArray(fmt::format("has no element at place {}", events.size() + 1));
    if (events.size() == events_max) return TooMany(events_max);
    events.emplace_back(element);
    at = end + 1;
    if (text[end] == ',') continue;
    if (at != text.size()) return NotAnArray("is followed by something else");
    return events;
  }
}

Result<std::vector<std::string>> SplitLines(std::string_view text, std::size_t events_max) {
  std::vector<std::string> events;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (events.size() == events_max) return TooMany(events_max);
    events.emplace_back(line);
  }
  return events;
}

}  // namespace

BodyLayout LayoutOf(std::string_view content_type) {
  constexpr std::array<std::string_view, 3> kDocuments = {"application/json", "application/cloudevents+json",
                                                          "application/cloudevents-batch+json"};
  constexpr std::array<std::string_view, 4> kLineTypes = {"application/x-ndjson", "application/ndjson",
                                                          "application/jsonl", "application/x-jsonlines"};
  if (std::find(kDocuments.begin(), kDocuments.end(), content_type) != kDocuments.end())
    return BodyLayout::kJson;
  if (std::find(kLineTypes.begin(), kLineTypes.end(), content_type) != kLineTypes.end())
    return BodyLayout::kLines;
  return BodyLayout::kUnknown;
}

Result<std::vector<std::string>> SplitEvents(std::string_view body, BodyLayout layout,
                                             std::size_t events_max) {
  if (layout == BodyLayout::kLines) return SplitLines(body, events_max);
  const std::string_view text = Trimmed(body);
  if (text.empty()) return std::vector<std::string>();
  if (text.front() == '[') return SplitArray(text, events_max);
  return std::vector<std::string>{std::string(text)};
}

}  // namespace freshet
