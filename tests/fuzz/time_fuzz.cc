// Any text as a time; any 8 bytes as a time to write.
#include <cstring>

#include "codec/time.h"
#include "fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = freshet::fuzz::Text(data, size);
  const auto time = freshet::ParseTime(text);
  if (time.ok()) {
    FRESHET_ASSERT(*time >= freshet::kTimeMin);
    FRESHET_ASSERT(*time <= freshet::kTimeMax);
    const auto again = freshet::ParseRfc3339(freshet::TimestampToRfc3339(*time));
    FRESHET_ASSERT(again.ok());
    FRESHET_ASSERT(*again == *time);
  }
  freshet::Timestamp any;
  std::memcpy(&any.ms, data, size < sizeof any.ms ? size : sizeof any.ms);
  FRESHET_ASSERT(freshet::TimestampToRfc3339(any).size() == 24);
  return 0;
}
