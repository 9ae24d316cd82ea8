#pragma once

#include <memory>
#include <string_view>

#include "codec/decoder_options.h"
#include "codec/registry.h"
#include "freshet/event.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

/// The event, or why the record becomes a dead letter.
using DecodeResult = tl::expected<Event, Rejection>;

/// Turns records into events by the contract (schemas/), through three doors: bare JSON, CloudEvents
/// structured (by header, or by members `specversion` and `data` of the value) and CloudEvents binary (`ce_*`
/// headers). An envelope's id and time fill the event's where it has none; an event without a time keeps
/// none.
///
/// A null value is a Tombstone in the catalogue (its key names the item) and a fault elsewhere: to take an
/// interaction back send `retract`, to remove a rating send null as its rating.
///
/// Never throws, never crashes on any bytes, and gives the same result for the same record always. Strict
/// JSON: also what is ignored must be well formed. Used by one thread at a time; a decoder keeps buffers of
/// value_bytes_max, so keep one a thread. About 0.4 us for a click of 250 bytes.
class Decoder final {
 public:
  explicit Decoder(DecoderOptions options = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// `role` is a name of EventTypes(); any other is rejected with reason "policy".
  [[nodiscard]] DecodeResult Decode(std::string_view role, const Record& record);
  /// The same without the look-up.
  [[nodiscard]] DecodeResult Decode(const EventType& type, const Record& record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
