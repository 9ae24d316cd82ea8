#include "codec/decoder.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/utf8.h"
#include "codec/cloudevents.h"
#include "codec/event_fields.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kShownBytesMax = 60;

tl::unexpected<Rejection> Reject(std::string_view reason_code, std::string message, std::string fix_hint,
                                 Door door = Door::kBare) {
  return tl::unexpected<Rejection>(Rejection{std::string(reason_code), "", std::move(message),
                                             std::move(fix_hint), std::string(AdapterName(door))});
}

bool HasText(std::string_view text, std::string_view wanted) {
  return memmem(text.data(), text.size(), wanted.data(), wanted.size()) != nullptr;
}

std::string Excerpt(std::string_view bytes) {
  std::string shown;
  AppendJsonEscaped(shown, bytes.substr(0, kShownBytesMax));
  return fmt::format("{} bytes that start with \"{}\"", bytes.size(), shown);
}

DecodeResult DecodeNull(const EventType& type, const Record& record) {
  if (type.null_value == NullValue::kRejected) {
    return Reject("schema",
                  fmt::format("null value in {}, where a record is something that happened", type.role),
                  "send an event; take an interaction back with type retract, a rating with rating null");
  }
  const bool named =
      record.key && !record.key->empty() && record.key->size() <= kIdBytesMax && IsUtf8(*record.key);
  if (!named) {
    return Reject("schema", fmt::format("null value in {} without a key that names what is gone", type.role),
                  "send the id as the record's key: 1 to 256 bytes of UTF-8");
  }
  return Event(Tombstone{*record.key});
}

}  // namespace

class Decoder::Impl {
 public:
  explicit Impl(DecoderOptions options)
      : options_(std::move(options)), buffer_(options_.value_bytes_max + simdjson::SIMDJSON_PADDING) {}

  DecodeResult Decode(const EventType& type, const Record& record) {
    if (!record.value) return DecodeNull(type, record);
    if (record.value->size() > options_.value_bytes_max) return TooLarge(record);
    return DecodeValue(type, record);
  }

 private:
  DecodeResult TooLarge(const Record& record) const {
    return Reject(
        "too_large",
        fmt::format("{} bytes, at most {} are allowed", record.value->size(), options_.value_bytes_max),
        "send less, for example without long properties", FindDoor(record.headers));
  }

  /// One returned object, filled in place: an event is half a kilobyte.
  DecodeResult DecodeValue(const EventType& type, const Record& record) {
    DecodeResult result;
    Door door = FindDoor(record.headers);
    bool accepted = DecodeThrough(door, type, record, *result);
    // Envelopes without a header are rare, so they are looked for only where the bare door gives a reason.
    const bool doubtful = door == Door::kBare && (!accepted || reader_.SawSpecVersion());
    if (doubtful && IsEnveloped(*record.value)) {
      door = Door::kStructured;
      accepted = DecodeThrough(door, type, record, *result);
    }
    if (accepted && options_.key_rule != KeyRule::kIgnore) accepted = CheckKey(record, *result);
    if (!accepted) {
      Rejection rejection = reader_.rejection();
      rejection.adapter = AdapterName(door);
      result = tl::unexpected<Rejection>(std::move(rejection));
    }
    return result;
  }

  bool CheckKey(const Record& record, const Event& event) {
    const std::string_view expected = EventKey(event);
    if (record.key ? *record.key == expected : options_.key_rule == KeyRule::kMatchIfGiven) return true;
    return reader_.Refuse(
        {"policy", "",
         record.key ? fmt::format("the record's key is not \"{}\"", expected) : "the record has no key",
         fmt::format("produce it with the key \"{}\"", expected), ""});
  }

  bool DecodeThrough(Door door, const EventType& type, const Record& record, Event& to) {
    Load(*record.value);
    const auto bare = [&] { return type.decode(reader_, to); };
    if (door == Door::kBare) return ReadDocument(bare);
    if (door == Door::kStructured) return DecodeWrapped(type, to);
    Rejection fault;
    const std::optional<Envelope> envelope = ReadBinaryEnvelope(record.headers, fault);
    if (!envelope) return reader_.Refuse(std::move(fault));
    if (!ReadDocument(bare)) return false;
    FillFromEnvelope(*envelope, to);
    return true;
  }

  bool DecodeWrapped(const EventType& type, Event& to) {
    std::optional<StructuredEvent> read;
    const auto structured = [&] {
      read = DecodeStructured(reader_, type, to);
      return read.has_value();
    };
    if (!ReadDocument(structured)) return false;
    if (read->encoded_data) {
      Load(*read->encoded_data);  // shorter than the value it was decoded from
      if (!ReadDocument([&] { return type.decode(reader_, to); })) return false;
    }
    FillFromEnvelope(read->envelope, to);
    return true;
  }

  void Load(std::string_view text) {
    std::memcpy(buffer_.data(), text.data(), text.size());
    std::memset(buffer_.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    text_ = {buffer_.data(), text.size()};
  }

  /// Parses the loaded text, gives its root object to `read` and checks that nothing follows it.
  template <typename Read>
  bool ReadDocument(Read read) {
    reader_.Reset();
    simdjson::ondemand::document document;
    if (const auto error = Iterate(document)) return NotJson(error);
    simdjson::ondemand::json_type type;
    if (const auto error = document.type().get(type)) return NotJson(error);
    if (type != simdjson::ondemand::json_type::object) {
      return reader_.Fail("schema", fmt::format("expected an object, got {}", Excerpt(text_)),
                          "send one JSON object a record");
    }
    JsonObject root;
    if (const auto error = document.get_object().get(root)) return NotJson(error);
    reader_.SetObject(root);
    if (!read()) return false;
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return NotJson(simdjson::TRAILING_CONTENT);
    }
    return true;
  }

  simdjson::error_code Iterate(simdjson::ondemand::document& document) {
    return parser_.iterate(text_.data(), text_.size(), text_.size() + simdjson::SIMDJSON_PADDING)
        .get(document);
  }

  bool NotJson(simdjson::error_code error) {
    reader_.Malformed(error);
    Rejection fault = reader_.rejection();
    fault.message += ": " + Excerpt(text_);
    return reader_.Refuse(std::move(fault));
  }

  /// True when the root object has the members of a CloudEvents envelope. Malformed text has not.
  bool IsEnveloped(std::string_view value) {
    if (!HasText(value, "\"specversion\"")) return false;
    Load(value);
    simdjson::ondemand::document document;
    JsonObject root;
    if (Iterate(document) != simdjson::SUCCESS) return false;
    if (document.get_object().get(root) != simdjson::SUCCESS) return false;
    bool version = false;
    bool data = false;
    for (auto member : root) {
      std::string_view name;
      if (member.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      version = version || name == "specversion";
      data = data || name == "data" || name == "data_base64";
    }
    return version && data;
  }

  const DecoderOptions options_;
  std::vector<char> buffer_;
  std::string_view text_;
  simdjson::ondemand::parser parser_;
  FieldReader reader_{options_};
};

Decoder::Decoder(DecoderOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

DecodeResult Decoder::Decode(const EventType& type, const Record& record) {
  return impl_->Decode(type, record);
}

DecodeResult Decoder::Decode(std::string_view role, const Record& record) {
  const EventType* type = FindEventType(role);
  if (type == nullptr) {
    return Reject("policy", fmt::format("no event type for \"{}\"", role),
                  "send to interactions, ratings, feedback, catalogue or profiles");
  }
  return Decode(*type, record);
}

}  // namespace freshet
