#pragma once

#include <optional>
#include <string_view>

#include "freshet/operator.h"
#include "models/taste_model.h"

namespace freshet {

// Table of the user operator (key grammar: state/keys.h; schemas/state.md):
//
//   't' text(user_id)                   TasteLesson: what each event with kTaughtTaste gave its item

inline constexpr char kTaughtTasteTable = 't';

/// Absent: the user has taught nothing. A damaged value stops the task (State::Fail).
std::optional<TasteLesson> LoadTaughtTaste(State& state, std::string_view user_id);
void SaveTaughtTaste(State& state, std::string_view user_id, const TasteLesson& lesson);
void EraseTaughtTaste(State& state, std::string_view user_id);

}  // namespace freshet
