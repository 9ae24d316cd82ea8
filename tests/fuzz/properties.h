#pragma once

#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "codec/dead_letter.h"
#include "codec/decoder.h"
#include "codec/event_fields.h"
#include "codec/json.h"

namespace freshet::fuzz {

/// A refusal can be acted on, and becomes a dead letter that reads back.
inline void CheckRejection(const Rejection& rejection, const Record& record) {
  FRESHET_ASSERT(!rejection.reason_code.empty());
  FRESHET_ASSERT(!rejection.message.empty());
  FRESHET_ASSERT(!rejection.fix_hint.empty());
  FRESHET_ASSERT(IsUtf8(rejection.message));
  FRESHET_ASSERT(rejection.path.empty() || rejection.path[0] == '/');
  const EncodedDeadLetter encoded = EncodeDeadLetter(rejection, {"fuzz", {0}}, record);
  const Result<DeadLetter> letter = DecodeDeadLetter(encoded.value);
  FRESHET_ASSERT(letter.ok());
  FRESHET_ASSERT(letter->payload == record.value);
}

/// What was accepted is JSON to another parser too, and reads back as written.
inline void CheckAccepted(const EventType& type, const Event& event, const Record& record, Decoder& decoder) {
  FRESHET_ASSERT(Json::accept(*record.value));
  FRESHET_ASSERT(!EventKey(event).empty());
  Record again;
  again.value = EncodeEventValue(event);
  // Escapes may make the written form longer than the one that was read.
  if (again.value->size() > DecoderOptions().value_bytes_max) return;
  const DecodeResult read = decoder.Decode(type, again);
  FRESHET_ASSERT(read.has_value());
  FRESHET_ASSERT(*read == event);
}

inline void CheckRecord(const EventType& type, const Record& record, Decoder& decoder) {
  const DecodeResult event = decoder.Decode(type, record);
  if (event) {
    CheckAccepted(type, *event, record, decoder);
  } else {
    CheckRejection(event.error(), record);
  }
}

inline std::string_view Text(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace freshet::fuzz
