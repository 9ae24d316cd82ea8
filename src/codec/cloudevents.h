#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/registry.h"
#include "freshet/event.h"
#include "freshet/record.h"

namespace freshet {

/// How an event is wrapped (CloudEvents 1.0, Kafka protocol binding).
enum class Door { kBare, kStructured, kBinary };

/// The value of Rejection::adapter.
std::string_view AdapterName(Door door);

/// What the headers say: `ce_specversion` is binary, content-type application/cloudevents+json structured.
Door FindDoor(const std::vector<Header>& headers);

/// What an envelope adds to an event that lacks it.
struct Envelope {
  std::string id;
  std::optional<Timestamp> time;
};

/// Reads the `ce_*` headers; absent when they break the contract, with the fault in `fault`.
std::optional<Envelope> ReadBinaryEnvelope(const std::vector<Header>& headers, Rejection& fault);

/// An event in structured mode.
struct StructuredEvent {
  Envelope envelope;
  /// Set where the data came as data_base64: the event is still to be decoded from these bytes.
  std::optional<std::string> encoded_data;
};

/// Reads the object at hand as a structured event; `data` goes to `type` and into `to`. Absent on a fault,
/// which the reader has.
std::optional<StructuredEvent> DecodeStructured(FieldReader& reader, const EventType& type, Event& to);

/// Fills the event's id and time from the envelope where the event has none.
void FillFromEnvelope(const Envelope& envelope, Event& event);

}  // namespace freshet
