// Any bytes as a recommendation list or a dead letter, which tools read from topics.
#include "codec/recommendation_list.h"
#include "fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = freshet::fuzz::Text(data, size);
  const auto list = freshet::DecodeRecommendationList(text);
  if (list.ok()) {
    const std::string written = freshet::EncodeRecommendationList(*list, freshet::Detail::kFull);
    const auto again = freshet::DecodeRecommendationList(written);
    FRESHET_ASSERT(again.ok());
    FRESHET_ASSERT(freshet::EncodeRecommendationList(*again, freshet::Detail::kFull) == written);
  }
  static_cast<void>(freshet::DecodeDeadLetter(text));
  return 0;
}
