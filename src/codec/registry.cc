#include "codec/registry.h"

#include "codec/catalogue_item.h"
#include "codec/feedback.h"
#include "codec/interaction.h"
#include "codec/profile.h"
#include "codec/rating.h"

namespace freshet {
namespace {

constexpr EventType kEventTypes[] = {
    {"interactions", "interaction.schema.json", NullValue::kRejected, &DecodeInteraction},
    {"ratings", "rating.schema.json", NullValue::kRejected, &DecodeRating},
    {"feedback", "feedback.schema.json", NullValue::kRejected, &DecodeFeedback},
    {"catalogue", "catalogue-item.schema.json", NullValue::kTombstone, &DecodeCatalogueItem},
    {"profiles", "profile.schema.json", NullValue::kTombstone, &DecodeProfile},
};

}  // namespace

std::span<const EventType> EventTypes() { return kEventTypes; }

const EventType* FindEventType(std::string_view role) {
  for (const EventType& type : kEventTypes) {
    if (type.role == role) return &type;
  }
  return nullptr;
}

}  // namespace freshet
