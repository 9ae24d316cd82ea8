#include "app/recommender_config.h"

#include <algorithm>

#include "app/policy_config.h"
#include "config/topics.h"

namespace freshet {
namespace {

HalfLife HalfLifeOf(std::chrono::milliseconds duration) { return {duration.count()}; }

UserOperatorOptions UserSettingsOf(const Config& config) {
  UserOperatorOptions user;
  const ModelsConfig& models = config.models;
  user.limits.history_events = static_cast<std::size_t>(models.history_events);
  user.limits.event_id_ms = config.processing.duplicates_window.count();
  user.limits.event_ids = static_cast<std::size_t>(config.processing.duplicates_per_user_max);
  for (std::size_t i = 0; i < kWeightedTypes; ++i)
    user.weights.by_type[i] = static_cast<float>(models.weights[i]);
  for (const auto& [name, weight] : models.custom_weights)
    user.weights.custom[name] = static_cast<float>(weight);
  user.transitions.window = static_cast<std::size_t>(models.transitions.lags);
  user.transitions.tau = models.transitions.tau;
  user.transitions.half_life = HalfLifeOf(models.transitions.half_life);
  user.rank.whole_history = models.whole_history;
  user.rank.factor_places = static_cast<std::size_t>(models.factors.history);
  user.rank.allow_repeats = config.publish.repeats == Repeats::kAllow;
  user.sessions.kept = static_cast<std::uint32_t>(models.sessions.kept);
  user.sessions.gap_ms = models.sessions.gap.count();
  const bool sessions = models.sessions.kept > 0;
  user.rank.session_neighbours = sessions ? static_cast<std::size_t>(models.sessions.neighbours) : 0;
  user.rank.mix_chance = models.mix.chance;
  user.rank.session_half_life = HalfLifeOf(models.sessions.half_life);
  user.policies = PolicyOptionsOf(config);
  user.publish.k = static_cast<std::size_t>(config.publish.k);
  user.publish.detail = config.publish.detail;
  user.publish.min_interval_ms = config.publish.min_interval.count();
  user.publish.refresh_users = static_cast<std::size_t>(config.publish.refresh_users_per_batch);
  user.publish.active_users = static_cast<std::size_t>(config.publish.active_users);
  user.evaluation = {config.evaluation.live, static_cast<std::uint64_t>(config.evaluation.window),
                     config.evaluation.challenger};
  user.mix_learn_fraction = models.mix.learn_fraction;
  user.mix_learn_events = static_cast<std::uint64_t>(models.mix.learn_events);
  user.mix_learn_batch = static_cast<std::size_t>(models.mix.learn_batch);
  user.rating_like_from = models.ratings.like_from;
  user.future_ms_max = config.processing.event_time_future_max.count();
  return user;
}

ItemModelOptions ItemOptionsOf(const ModelsConfig& models) {
  ItemModelOptions items;
  for (std::size_t h = 0; h < kHalfLives; ++h)
    items.half_lives[h] = HalfLifeOf(models.popularity_half_lives[h]);
  items.row_half_life = HalfLifeOf(models.transitions.half_life);
  items.learn_factors = models.factors.enabled;
  items.factors = {models.factors.alpha0, models.factors.lambda};
  items.ratings = {models.ratings.user_variance, models.ratings.slope_variance, models.ratings.item_variance,
                   models.ratings.noise,         models.ratings.user_drift,     models.ratings.item_drift};
  items.ratings.taste_variance = models.ratings.taste_variance;
  items.ratings.memory = models.ratings.memory;
  return items;
}

}  // namespace

RecommenderOptions RecommenderOptionsOf(const Config& config) {
  RecommenderOptions options;
  options.app = config.app.id;
  for (const std::string& role : TopicRoles()) options.topics[role] = TopicName(config, role);
  options.user_partitions = static_cast<std::int32_t>(config.topics.user_partitions);
  options.item_partitions = static_cast<std::int32_t>(config.topics.item_partitions);
  options.user = UserSettingsOf(config);
  options.items = ItemOptionsOf(config.models);
  options.next_item_net = config.models.next_item_net;
  options.content = config.models.content;
  options.segments = config.models.segments;
  for (const auto& [name, weight] : config.models.custom_weights) {
    options.decoder.custom_interaction_types.push_back(name);
  }
  options.decoder.future_ms_max = config.processing.event_time_future_max.count();
  return options;
}

SupervisorOptions SupervisorOptionsOf(const Config& config) {
  const MemoryBudget budget = DivideMemory(config.state);
  const std::int64_t tasks =
      config.topics.user_partitions + config.topics.item_partitions + (config.models.next_item_net ? 1 : 0);
  SupervisorOptions options;
  options.data_directory = config.data.dir;
  options.group.group = GroupName(config);
  options.group.instance_id = config.kafka.instance_id;
  options.group.session_timeout = config.kafka.session_timeout;
  options.task.guarantee = config.processing.guarantee == Guarantee::kExactlyOnce
                               ? ProcessingGuarantee::kExactlyOnce
                               : ProcessingGuarantee::kAtLeastOnce;
  options.task.limits.time = config.processing.batch_time;
  options.task.limits.records = static_cast<std::size_t>(config.processing.batch_records);
  options.task.limits.bytes = static_cast<std::size_t>(config.processing.batch_bytes);
  options.task.transaction_timeout = config.processing.transaction_timeout;
  options.memory = {.tables = static_cast<std::size_t>(budget.tables),
                    .view = static_cast<std::size_t>(budget.view),
                    .tasks = static_cast<std::size_t>(tasks),
                    .resident = static_cast<std::size_t>(config.state.memory_bytes / 8 * 7)};
  const auto cache = static_cast<std::size_t>(budget.cache);
  options.task.storage_memory = MakeStorageMemory(cache, cache / 2);
  return options;
}

}  // namespace freshet
