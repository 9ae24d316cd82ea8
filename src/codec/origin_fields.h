#pragma once

#include <cstdint>
#include <string_view>

#include "codec/json_writer.h"
#include "freshet/ids.h"

namespace freshet {

// What each published JSON value says of where it comes from; the caller decides where the fields stand.

/// "model"; without a snapshot where that is empty.
inline void WriteModel(JsonWriter& json, std::string_view name, std::string_view version,
                       std::string_view snapshot = {}) {
  json.Key("model");
  json.BeginObject();
  json.Field("name", name);
  json.Field("version", version);
  json.FieldIfAny("snapshot", snapshot);
  json.EndObject();
}

/// "as_of": the event time and the batch that the value knows of.
inline void WriteAsOf(JsonWriter& json, Timestamp watermark, std::int64_t state_seq) {
  json.Key("as_of");
  json.BeginObject();
  json.Field("watermark", watermark);
  json.Field("state_seq", state_seq);
  json.EndObject();
}

}  // namespace freshet
