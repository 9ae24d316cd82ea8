#include "config/field_builders.h"

namespace freshet {
namespace {

constexpr double kWeightMax = 100;

std::vector<Field> HistoryFields() {
  return {
      Integer(
          "models.history_events", {10, 10'000},
          "Events remembered for each user, the newest. 200 cover what the models look at; each is about 40 "
          "bytes.",
          [](auto& c) -> auto& { return c.models.history_events; }),
      Durations(
          "models.popularity_half_lives", {kMinuteMs, 10 * kYearMs},
          "Half-lives of decayed popularity: recent, medium, long. Shorten them for news, lengthen for "
          "films.",
          [](auto& c) -> auto& { return c.models.popularity_half_lives; }),
      Flag(
          "models.next_item_net",
          "The neural next-item network, learned by a task of its own beside the stream. It takes up to one "
          "core\nwhile it learns (about 40 us an event) and about 1.1 KB of memory an item.",
          [](auto& c) -> auto& { return c.models.next_item_net; }),
      Flag(
          "models.whole_history",
          "What goes with all of the user's last 32 items, the oldest like the newest. For events whose "
          "order "
          "says little.\nCosts about a tenth of a list.",
          [](auto& c) -> auto& { return c.models.whole_history; }),
      Flag(
          "models.content",
          "Items are recommended by their catalogue entries, too: words, categories, tags, skills. For "
          "catalogues with\ntexts and new items. Entries count that come while it is on: send the catalogue "
          "again "
          "after a change.",
          [](auto& c) -> auto& { return c.models.content; }),
      Flag(
          "models.segments",
          "Popularity with users alike: by whether they are at their first events, and by what profiles say "
          "(occupation,\ncountry, attributes). For users of whom little else is known.",
          [](auto& c) -> auto& { return c.models.segments; }),
  };
}

std::vector<Field> WeightFields() {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < kWeightedTypes; ++i) {
    fields.push_back(Real(
        "models.weights." + std::string(kInteractionNames[i]), {-kWeightMax, kWeightMax},
        "", [i](auto& c) -> auto& { return c.models.weights[i]; }));
  }
  Field custom = MakeField<NumberTable>(
      "models.custom_weights", FieldKind::kNumberTable,
      "Interaction types of your own with their weights, for example  watch_trailer = 1.5\n"
      "Types that are neither here nor above are refused (unknown_type).",
      [](auto& c) -> auto& { return c.models.custom_weights; });
  custom.bounds = {-kWeightMax, kWeightMax};
  fields.push_back(std::move(custom));
  return fields;
}

std::vector<Field> TransitionFields() {
  return {
      Integer(
          "models.transitions.lags", {1, 32},
          "Earlier items of the user that an event is counted as following.",
          [](auto& c) -> auto& { return c.models.transitions.lags; }),
      Real(
          "models.transitions.tau", {0.1, 100},
          "What is near in a past: an item d steps back counts exp(-(d-1)/tau). Measured best between 2 and "
          "4.",
          [](auto& c) -> auto& { return c.models.transitions.tau; }),
      Duration(
          "models.transitions.half_life", {kMinuteMs, 100 * kYearMs},
          "A counted transition is worth half after this time.",
          [](auto& c) -> auto& { return c.models.transitions.half_life; }),
  };
}

std::vector<Field> FactorFields() {
  return {
      Flag(
          "models.factors.enabled",
          "The streaming factor model (implicit ALS). Off saves about half of the time.",
          [](auto& c) -> auto& { return c.models.factors.enabled; }),
      Real(
          "models.factors.alpha0", {1e-6, 10}, "Weight of the items a user has not touched.",
          [](auto& c) -> auto& { return c.models.factors.alpha0; }),
      Real(
          "models.factors.lambda", {1e-6, 1'000}, "Regularisation of user and item factors.",
          [](auto& c) -> auto& { return c.models.factors.lambda; }),
      Integer(
          "models.factors.history", {1, 32},
          "Newest events of the user that its factor is solved from: cost grows with their number.",
          [](auto& c) -> auto& { return c.models.factors.history; }),
  };
}

std::vector<Field> RatingFields() {
  return {
      Real(
          "models.ratings.user_variance", {1e-4, 100},
          "Variance of users' biases before evidence, stars squared.",
          [](auto& c) -> auto& { return c.models.ratings.user_variance; }),
      Real(
          "models.ratings.slope_variance", {0, 100},
          "Variance of users' slopes before evidence: how much they differ in using the whole scale.",
          [](auto& c) -> auto& { return c.models.ratings.slope_variance; }),
      Real(
          "models.ratings.item_variance", {1e-4, 100}, "Variance of items' biases before evidence.",
          [](auto& c) -> auto& { return c.models.ratings.item_variance; }),
      Real(
          "models.ratings.noise", {1e-3, 100}, "Variance of one rating.",
          [](auto& c) -> auto& { return c.models.ratings.noise; }),
      Real(
          "models.ratings.user_drift", {0, 1}, "Variance that each rating of a user adds: tastes move.",
          [](auto& c) -> auto& { return c.models.ratings.user_drift; }),
      Real(
          "models.ratings.item_drift", {0, 1}, "Variance that each rating of an item adds.",
          [](auto& c) -> auto& { return c.models.ratings.item_drift; }),
      Real(
          "models.ratings.taste_variance", {1e-4, 10},
          "Variance of each number of an item's taste before evidence: how much people differ in what they "
          "like.",
          [](auto& c) -> auto& { return c.models.ratings.taste_variance; }),
      Real(
          "models.ratings.memory", {1, 1e6}, "Ratings of a user after which one counts 1/e for its taste.",
          [](auto& c) -> auto& { return c.models.ratings.memory; }),
      Real(
          "models.ratings.like_from", {0, 1},
          "A rating at or above this part of its scale (0 lowest, 1 highest) is also a sign of liking.",
          [](auto& c) -> auto& { return c.models.ratings.like_from; }),
  };
}

std::vector<Field> SessionFields() {
  return {
      Integer(
          "models.sessions.kept", {0, 10'000'000},
          "Sessions kept for each user partition, the newest; every process holds all of them, some 250 "
          "bytes "
          "each.\n0: none is kept, and this model says nothing.",
          [](auto& c) -> auto& { return c.models.sessions.kept; }),
      Duration(
          "models.sessions.gap", {1'000, kYearMs},
          "A session without a session_id ends when its user did nothing for so long, by event time.",
          [](auto& c) -> auto& { return c.models.sessions.gap; }),
      Integer(
          "models.sessions.neighbours", {1, 10'000},
          "Most similar sessions that recommend. More cost time and changed nothing measured.",
          [](auto& c) -> auto& { return c.models.sessions.neighbours; }),
      Duration(
          "models.sessions.half_life", {kMinuteMs, 100 * kYearMs},
          "A session counts half after this time. Measured alike from a week on; hours for news.",
          [](auto& c) -> auto& { return c.models.sessions.half_life; }),
  };
}

std::vector<Field> MixFields() {
  return {
      Real(
          "models.mix.learn_fraction", {0, 1},
          "Part of the events from which the mix of the models is learned, at least; each costs about as "
          "much as a list.",
          [](auto& c) -> auto& { return c.models.mix.learn_fraction; }),
      Integer(
          "models.mix.learn_events", {0, 1'000'000'000},
          "While the mix is young, more of them are: of n events learned, the next one is with probability\n"
          "learn_events / (learn_events + n).",
          [](auto& c) -> auto& { return c.models.mix.learn_events; }),
      Integer(
          "models.mix.learn_batch", {1, 1'000'000},
          "Events of one batch that it is learned from at most: with a backlog, batches are large.",
          [](auto& c) -> auto& { return c.models.mix.learn_batch; }),
      Real(
          "models.mix.chance", {0, 0.9},
          "Part of the events that are taken for chance, any candidate as likely as another: what was least\n"
          "expected teaches least. Helps where much is bought that nothing foretells, not with films.",
          [](auto& c) -> auto& { return c.models.mix.chance; }),
  };
}

}  // namespace

std::vector<Field> ModelFields() {
  std::vector<Field> fields = HistoryFields();
  for (const auto& part :
       {WeightFields(), TransitionFields(), FactorFields(), RatingFields(), SessionFields(), MixFields()}) {
    fields.insert(fields.end(), part.begin(), part.end());
  }
  return fields;
}

}  // namespace freshet
