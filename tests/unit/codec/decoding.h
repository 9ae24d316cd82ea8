#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/decoder.h"

namespace freshet::testing {

inline Record ValueRecord(std::string_view value, std::vector<Header> headers = {}) {
  Record record;
  record.value = std::string(value);
  record.headers = std::move(headers);
  return record;
}

/// Decodes one value and unwraps what the test expects of it.
class Decoding : public ::testing::Test {
 protected:
  DecodeResult Decode(std::string_view role, std::string_view value, std::vector<Header> headers = {}) {
    return decoder_.Decode(role, ValueRecord(value, std::move(headers)));
  }
  template <typename T>
  T Accept(std::string_view role, std::string_view value, std::vector<Header> headers = {}) {
    DecodeResult result = Decode(role, value, std::move(headers));
    if (!result) {
      ADD_FAILURE() << value << "\nrejected: " << result.error().reason_code << " at " << result.error().path
                    << ": " << result.error().message;
      return T{};
    }
    return std::get<T>(*result);
  }
  Rejection Refuse(std::string_view role, std::string_view value, std::vector<Header> headers = {}) {
    DecodeResult result = Decode(role, value, std::move(headers));
    if (result) {
      ADD_FAILURE() << "accepted: " << value;
      return {};
    }
    EXPECT_FALSE(result.error().message.empty());
    EXPECT_FALSE(result.error().fix_hint.empty());
    return result.error();
  }
  void UseOptions(DecoderOptions options) { decoder_ = Decoder(std::move(options)); }

  Decoder decoder_;
};

}  // namespace freshet::testing
