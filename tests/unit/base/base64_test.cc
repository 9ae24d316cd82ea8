#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

TEST(Base64, ReadsBackWhatItWrites) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 37 + size));
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)).value(), bytes);
  }
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text : {"a", "ab=", "a===", "====", "Zm9v Zm9v", "Zm=v", "Zm9vYh==", "Zm9v\n"}) {
    EXPECT_FALSE(DecodeBase64(text).ok()) << text;
  }
}

}  // namespace
}  // namespace freshet
