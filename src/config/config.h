#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/logging.h"
#include "codec/recommendation_list.h"
#include "freshet/event.h"

namespace freshet {

// The typed configuration of a process. The defaults stand here and nowhere else; what each key means, its
// unit, its bounds and its reason stand in the field table (config/fields.h), from which config/freshet.toml
// is written.

enum class Guarantee { kExactlyOnce, kAtLeastOnce };
enum class Repeats { kExclude, kAllow };
enum class LogSync { kCommit, kInterval, kNever };
enum class ListCompression { kNone, kLz4, kZstd };

struct AppConfig {
  std::string id = "freshet";
};

struct DataConfig {
  std::string dir = "freshet-data";
};

struct TopicsConfig {
  std::string prefix;
  std::string interactions = "interactions";
  std::string ratings = "ratings";
  std::string feedback = "feedback";
  std::string catalogue = "catalogue";
  std::string profiles = "profiles";
  std::string recommendations = "recommendations";
  std::string dead_letters = "dead-letters";
  std::string evaluations = "evaluations";
  std::string item_deltas = "item-deltas";
  std::string item_model = "item-model";
  std::string user_links = "user-links";
  std::string net_lessons = "net-lessons";
  std::string user_changelog = "user-changelog";
  std::string item_changelog = "item-changelog";
  std::string net_changelog = "net-changelog";
  std::int64_t user_partitions = 4;
  std::int64_t item_partitions = 2;
  std::int64_t replication_factor = -1;
  std::string file;
};

struct KafkaConfig {
  std::string bootstrap_servers;
  std::string group;
  std::string instance_id;
  std::chrono::milliseconds session_timeout{45'000};
  std::map<std::string, std::string> common;
  std::map<std::string, std::string> consumer;
  std::map<std::string, std::string> producer;
  std::map<std::string, std::string> admin;
};

struct EmbeddedConfig {
  LogSync sync = LogSync::kInterval;
  std::chrono::milliseconds sync_interval{200};
  std::chrono::milliseconds maintenance_interval{5'000};
};

struct ProcessingConfig {
  Guarantee guarantee = Guarantee::kExactlyOnce;
  std::chrono::milliseconds batch_time{100};
  std::int64_t batch_records = 10'000;
  std::int64_t batch_bytes = 8 << 20;
  std::chrono::milliseconds transaction_timeout{15'000};
  std::chrono::milliseconds event_time_future_max{300'000};
  std::chrono::milliseconds duplicates_window{7LL * 86'400'000};
  std::int64_t duplicates_per_user_max = 4'096;
};

struct StateConfig {
  std::int64_t memory_bytes = 2LL << 30;
  double tables_share = 0.40;
  double view_share = 0.25;
  double cache_share = 0.15;
  double queues_share = 0.10;
};

struct TransitionsConfig {
  std::int64_t lags = 20;
  double tau = 4;
  std::chrono::milliseconds half_life{90LL * 86'400'000};
};

struct FactorsConfig {
  bool enabled = true;
  double alpha0 = 0.1;
  double lambda = 1.0;
  std::int64_t history = 20;
};

struct RatingsConfig {
  double user_variance = 0.25;
  double slope_variance = 0.05;
  double item_variance = 0.30;
  double noise = 0.85;
  double user_drift = 0.002;
  double item_drift = 0.0005;
  double taste_variance = 0.06;
  double memory = 120;
  double like_from = 0.6;
};

struct MixConfig {
  double learn_fraction = 0.05;
  std::int64_t learn_events = 20'000;
  std::int64_t learn_batch = 32;
  double chance = 0;
};

struct SessionsConfig {
  std::int64_t kept = 50'000;
  std::chrono::milliseconds gap = std::chrono::minutes(30);
  std::int64_t neighbours = 100;
  std::chrono::milliseconds half_life = std::chrono::hours(24 * 15);
};

/// One weight for each of the contract's interaction types, in the order of InteractionType (without
/// kCustom).
inline constexpr std::size_t kWeightedTypes = static_cast<std::size_t>(InteractionType::kCustom);
inline constexpr std::array<std::string_view, kWeightedTypes> kInteractionNames = {
    "view",           "click",        "search",           "like",     "dislike", "bookmark",
    "unbookmark",     "add_to_cart",  "remove_from_cart", "purchase", "enrol",   "start",
    "progress",       "complete",     "abandon",          "share",    "apply",   "dismiss",
    "not_interested", "already_know", "identify",         "retract"};

struct ModelsConfig {
  std::array<double, kWeightedTypes> weights = {1, 2, 0, 6,  -6, 4, -4, 5,  -2, 8, 6,
                                                3, 2, 8, -2, 5,  8, -3, -8, 0,  0, 0};
  std::map<std::string, double> custom_weights;
  std::int64_t history_events = 200;
  std::array<std::chrono::milliseconds, 3> popularity_half_lives = {
      std::chrono::hours(24), std::chrono::hours(24 * 7), std::chrono::hours(24 * 90)};
  TransitionsConfig transitions;
  FactorsConfig factors;
  RatingsConfig ratings;
  SessionsConfig sessions;
  MixConfig mix;
  bool next_item_net = false;
  bool whole_history = false;
  bool content = false;
  bool segments = false;
};

struct PublishConfig {
  std::int64_t k = 20;
  Detail detail = Detail::kFull;
  std::chrono::milliseconds min_interval{0};
  std::int64_t refresh_users_per_batch = 16;
  std::int64_t active_users = 256;
  ListCompression compression = ListCompression::kLz4;
  Repeats repeats = Repeats::kExclude;
};

struct DiversityConfig {
  double weight = 0;
  std::int64_t category_items = 0;
  std::int64_t category_levels = 0;
  std::int64_t provider_items = 0;
};

struct ExplorationConfig {
  double share = 0;
  std::int64_t place = 0;
  double spread = 1;
};

enum class RuleAction { kBoost, kBury, kPin, kExclude, kOnly };

struct RuleConfig {
  RuleAction action = RuleAction::kBoost;
  double amount = 1;
  std::int64_t place = 1;
  std::int64_t count = 1;
  std::vector<std::string> surfaces;
  std::vector<std::string> items;
  std::vector<std::string> types;
  std::vector<std::string> topics;
  std::vector<std::string> providers;
  std::vector<std::string> skills;
  std::vector<std::string> languages;
  std::vector<std::string> currencies;
  double price_min = -1;
  double price_max = -1;
};

enum class StrategyPast { kAll, kSession, kLast };
enum class StrategyCandidates { kAll, kUnfinished };

struct StrategyConfig {
  std::map<std::string, double> weights = {};  ///< empty: as built in
  StrategyPast past = StrategyPast::kAll;
  StrategyCandidates candidates = StrategyCandidates::kAll;
  std::chrono::milliseconds newer_than{0};
  bool other_categories = false;
};

/// Lists that can be asked for; the first is what is published.
inline constexpr std::array<std::string_view, 8> kSurfaces = {
    "for_you", "similar", "also_bought", "complements", "next_in_session", "trending", "new", "continue"};

struct StrategiesConfig {
  std::array<StrategyConfig, kSurfaces.size()> by_surface = {
      StrategyConfig{},
      StrategyConfig{.past = StrategyPast::kLast},
      StrategyConfig{.past = StrategyPast::kLast},
      StrategyConfig{.past = StrategyPast::kLast, .other_categories = true},
      StrategyConfig{.past = StrategyPast::kSession},
      StrategyConfig{},
      StrategyConfig{.newer_than = std::chrono::hours(24 * 7)},
      StrategyConfig{.candidates = StrategyCandidates::kUnfinished}};
};

/// Parts of a score that a strategy can weigh (rank/list_builder.h).
inline constexpr std::array<std::string_view, 19> kScoreParts = {
    "transitions",        "co_occurrence",     "co_history",      "co_history_recent",
    "co_occurrence_soon", "factors",           "session_knn",     "returns",
    "next_item_net",      "content",           "whole_history",   "segments",
    "popularity_recent",  "popularity_medium", "popularity_long", "item_events",
    "item_recency",       "item_age",          "ratings"};

struct EvaluationConfig {
  bool live = true;
  std::int64_t window = 5'000;
  std::string challenger;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:8640";
  std::int64_t body_bytes_max = 8 << 20;
  std::int64_t queue_max = 64;
  std::int64_t connections_max = 1'024;
  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kKeyValue;
};

struct Config {
  AppConfig app;
  DataConfig data;
  TopicsConfig topics;
  KafkaConfig kafka;
  EmbeddedConfig embedded;
  ProcessingConfig processing;
  StateConfig state;
  ModelsConfig models;
  DiversityConfig diversity;
  ExplorationConfig exploration;
  StrategiesConfig strategies;
  std::map<std::string, RuleConfig> rules;  ///< by name
  PublishConfig publish;
  EvaluationConfig evaluation;
  HttpConfig http;
  LogConfig log;
};

/// The part of `state.memory_bytes` that each component may hold. Bytes; what is left is room for the
/// allocator.
struct MemoryBudget {
  std::int64_t tables = 0;  ///< committed and overlay rows of the tasks' in-memory tables
  std::int64_t view = 0;    ///< item model, indexes and published lists
  std::int64_t cache = 0;   ///< RocksDB: block cache with the memtables charged to it
  std::int64_t queues = 0;  ///< records read ahead and records not yet delivered
};

MemoryBudget DivideMemory(const StateConfig& state);

/// The consumer group: `kafka.group`, or the application's id where that is empty.
std::string GroupName(const Config& config);

/// True when no broker is configured.
bool UsesEmbeddedLog(const Config& config);

}  // namespace freshet
