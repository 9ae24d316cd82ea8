#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "freshet/model.h"
#include "models/decay.h"
#include "models/item_delta.h"
#include "models/rating_model.h"
#include "models/transition_row.h"
#include "rank/strategy.h"
#include "rank/user_mix.h"

namespace freshet {

class ListPolicy;

/// Candidate generators and item features a mix can hold.
inline constexpr std::size_t kGeneratorsMax = 20;
inline constexpr std::size_t kPartsMax = 24;
/// Places of the history whose rows can be read.
inline constexpr std::size_t kRowPlacesMax = 32;

/// Places whose rows a generator reads, the newest first, and their weights exp(-place / tau); tau 0: those
/// of SoonWeight.
struct RowWindow {
  std::size_t places = 0;
  double tau = 0;
};

struct RankOptions {
  HalfLives popularity_half_lives{HalfLife{24LL * 3600 * 1000}, HalfLife{7 * 24LL * 3600 * 1000},
                                  HalfLife{90 * 24LL * 3600 * 1000}};
  HalfLife row_half_life{90 * 24LL * 3600 * 1000};
  std::size_t shortlist = 80;             ///< of each generator, its strongest; their union is the shortlist
  std::size_t row_cells = kRowPublished;  ///< of each row, the strongest: bounds a list's cost
  RowWindow transitions{10, 0};
  RowWindow co_occurrence_soon{6, 0};
  RowWindow co_occurrence{6, 3};  ///< chosen on the first fifths of two streams of films (docs/QUALITY.md)
  RowWindow co_history{20, 7};
  RowWindow co_history_recent{3, 1.5};
  double transition_shrink = 20;    ///< added to a row's mass: a row of few events is little evidence
  double transition_damping = 0.2;  ///< exponent of the candidate's own mass
  double cosine_damping = 0.4;      ///< exponent of both items' masses
  double content_recency = 3;       ///< weights of places in `content`: exp(-place / recency)
  bool whole_history = false;  ///< true: the whole recent past, old and new alike, is one of the generators
  std::size_t history_cells = 50;  ///< of each row, for it: half of the published ones give 99 %
  double history_ridge = 20;       ///< added to an item's events: one with few events says little
  double history_damping = 0.2;    ///< exponent of the candidate's mass
  std::size_t factor_places = 20;  ///< places that the user's factor is folded in from; at most kFactorPlaces
  double factor_recency = 20;      ///< their weights: exp(-place / recency)
  std::size_t session_newest = 100;  ///< sessions compared for each item of the current one: bounds the cost
  std::size_t session_neighbours = 100;                 ///< of them, the most similar: they vote
  HalfLife session_half_life{15 * 24LL * 3600 * 1000};  ///< of a session's vote
  double mix_chance = 0;                                ///< part of the lessons that are taken for chance
  bool next_item_net = false;                           ///< true: the network is one of the generators
  bool content = false;          ///< true: likeness of catalogue entries is one of the generators
  bool segments = false;         ///< true: popularity with users alike is one of the generators
  bool allow_repeats = false;    ///< true: items of the user's past may be recommended again
  bool exclude_current = false;  ///< true: but not the item of the user's last event
  /// The score is the feature of the generator of this name alone; empty: the mix's. For measuring what each
  /// part is worth.
  std::string only_generator = {};
};

/// A field of a user's profile, and the users who have it in theirs.
struct UserSegment {
  std::uint64_t key = 0;
  std::string name;
  std::string value;
};
/// Of one profile, the first by name: each is a count in every item that its users take.
inline constexpr std::size_t kProfileSegmentsMax = 8;

/// What a list is made for. Borrowed: valid during the call.
struct UserSignals {
  std::span<const HistoryEvent> history;  ///< newest last
  const ItemSet& seen;
  const ItemSet& dismissed;
  Timestamp now;
  std::size_t k = 20;
  const UserMix* mix = nullptr;                  ///< what the mix knows of the user; null: nothing
  std::span<const Facet> dismissed_facets = {};  ///< items that have one of them are dismissed; sorted
  const UserRatingState* ratings = nullptr;      ///< null: no predicted rating counts
  std::optional<SessionKey> live_session = {};   ///< the user's own, as published: it is no neighbour
  const ListPolicy* policy = nullptr;            ///< what becomes of the scored candidates; null: nothing
  std::uint64_t seed = 0;  ///< of what is drawn for the list: a hash of the user and its state
  const std::vector<UnfinishedItem>* unfinished = nullptr;  ///< of the user, where the policy asks for them
  std::span<const UserSegment> segments = {};               ///< what the user's profile says
  const ContentCode* wish = nullptr;  ///< what the user's profile asks for; null: nothing
};

}  // namespace freshet
