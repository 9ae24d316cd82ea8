// Any bytes through the structured door by header, through detection, and with headers of their own through
// the binary door: the first line is then taken as the value of ce_id, the second as that of ce_time.
#include "fuzz/properties.h"

namespace {

std::string TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static freshet::Decoder decoder;
  std::string_view text = freshet::fuzz::Text(data, size);
  freshet::Record structured;
  structured.value = text;
  structured.headers = {{"content-type", "application/cloudevents+json"}};
  freshet::Record detected;
  detected.value = text;
  freshet::Record binary;
  binary.headers = {{"ce_specversion", "1.0"}, {"ce_source", "s"}, {"ce_type", "t"}};
  binary.headers.push_back({"ce_id", TakeLine(text)});
  binary.headers.push_back({"ce_time", TakeLine(text)});
  binary.value = text;
  for (const freshet::EventType& type : freshet::EventTypes()) {
    for (const freshet::Record* record : {&structured, &detected, &binary}) {
      freshet::fuzz::CheckRecord(type, *record, decoder);
    }
  }
  return 0;
}
