#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

/// The kinds of interaction of the contract (schemas/interaction.schema.json).
enum class InteractionType : std::uint8_t {
  kView,
  kClick,
  kSearch,
  kLike,
  kDislike,
  kBookmark,
  kUnbookmark,
  kAddToCart,
  kRemoveFromCart,
  kPurchase,
  kEnrol,
  kStart,
  kProgress,
  kComplete,
  kAbandon,
  kShare,
  kApply,
  kDismiss,
  kNotInterested,
  kAlreadyKnow,
  kIdentify,
  kRetract,
  kCustom,
};

enum class ValueKind : std::uint8_t { kNone, kCount, kSeconds, kFraction, kScore, kMoney };

struct Interaction {
  std::string event_id;      ///< empty: none given
  std::string tenant;        ///< empty: default
  std::string user_id;       ///< user_id, or anonymous_id where no user_id is given
  std::string anonymous_id;  ///< empty: none given
  std::string session_id;
  std::string item_id;  ///< empty for identify and search
  InteractionType type = InteractionType::kView;
  std::string custom_type;  ///< the name, where type is kCustom
  std::optional<double> value;
  ValueKind value_kind = ValueKind::kNone;
  std::optional<double> price;
  std::string currency;
  std::optional<Timestamp> occurred_at;
  std::string request_id;
  std::optional<std::int64_t> list_position;
  std::string surface;
  std::string query;
  std::string retracts;  ///< event_id taken back; type kRetract only
  std::string country;   ///< context.country, ISO 3166-1 alpha-2; empty: none given
  bool operator==(const Interaction&) const = default;
};

struct Rating {
  std::string event_id;
  std::string tenant;
  std::string user_id;
  std::string item_id;
  std::optional<double> rating;  ///< absent: JSON null, removes the rating
  double scale_min = 1;
  double scale_max = 5;
  std::optional<Timestamp> rated_at;
  std::string request_id;
  bool operator==(const Rating&) const = default;
};

enum class FeedbackType : std::uint8_t {
  kImpression,
  kClick,
  kAccept,
  kDismiss,
  kUndo,
  kExplanationOpen,
  kExplanationHelpful,
  kExplanationWrong,
};

enum class FeedbackScope : std::uint8_t { kItem, kSimilar, kProvider, kSkill, kTopic };

struct Exposure {
  std::string item_id;
  std::int64_t position = 0;
  std::optional<std::int64_t> visible_ms;
  bool operator==(const Exposure&) const = default;
};

struct Feedback {
  std::string event_id;
  std::string tenant;
  std::string request_id;
  std::string user_id;
  FeedbackType type = FeedbackType::kImpression;
  std::string item_id;  ///< empty for impressions
  std::vector<Exposure> items;
  std::string reason;
  FeedbackScope scope = FeedbackScope::kItem;
  std::optional<Timestamp> until;  ///< "not now": dismissed until then
  std::optional<Timestamp> occurred_at;
  std::string surface;
  bool operator==(const Feedback&) const = default;
};

/// A skill that an item teaches.
struct TaughtSkill {
  std::string skill_id;
  std::optional<double> level;   ///< reached by it
  std::optional<double> weight;  ///< how much of the item is about it
  bool operator==(const TaughtSkill&) const = default;
};

struct CatalogueItem {
  std::string item_id;
  std::string tenant;
  std::string item_type;
  std::string title;
  std::string text;
  std::vector<std::string> tags;
  std::vector<std::string> categories;
  std::vector<TaughtSkill> teaches;
  std::string language;
  std::string url;
  std::string image_url;
  std::string provider;
  std::optional<double> price;
  std::string currency;
  bool available = true;
  std::optional<Timestamp> available_from;
  std::optional<Timestamp> available_until;
  std::optional<Timestamp> updated_at;
  bool operator==(const CatalogueItem&) const = default;
};

/// A skill that a user has.
struct ProfileSkill {
  std::string skill_id;
  std::optional<double> level;
  bool operator==(const ProfileSkill&) const = default;
};

/// Something else that a profile says: text, or a number or a flag written as text.
struct ProfileAttribute {
  std::string name;
  std::string value;
  bool operator==(const ProfileAttribute&) const = default;
};

/// What a user says of himself, or others of him: replaces what was known.
struct Profile {
  std::string tenant;
  std::string user_id;
  std::vector<ProfileSkill> skills;
  std::vector<std::string> interests;
  std::vector<std::string> career_goals;
  std::string occupation;
  std::vector<std::string> languages;
  std::string country;
  std::vector<ProfileAttribute> attributes;  ///< in the order of the names
  std::optional<Timestamp> updated_at;
  bool operator==(const Profile&) const = default;
};

/// A null value: the key's owner (item of the catalogue, user with a profile) is gone.
struct Tombstone {
  std::string key;
  bool operator==(const Tombstone&) const = default;
};

using Event = std::variant<Interaction, Rating, Feedback, CatalogueItem, Profile, Tombstone>;

/// Why an input was refused. Becomes one record of the topic `dead-letters`, in the transaction of its batch.
struct Rejection {
  std::string reason_code;  ///< not_json, schema, unknown_type, bad_time, too_large, unknown_user, policy
  std::string path;         ///< JSON pointer to the offending field, "" for the whole document
  std::string message;      ///< what is wrong, with the value
  std::string fix_hint;     ///< what to change
  std::string adapter = "bare";  ///< bare, cloudevents-structured or cloudevents-binary
  bool operator==(const Rejection&) const = default;
};

}  // namespace freshet
