// Any bytes as the value of a record of one role (FRESHET_FUZZ_ROLE).
#include "fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static freshet::Decoder decoder;
  static const freshet::EventType& type = *freshet::FindEventType(FRESHET_FUZZ_ROLE);
  freshet::Record record;
  record.value = freshet::fuzz::Text(data, size);
  freshet::fuzz::CheckRecord(type, record, decoder);
  return 0;
}
