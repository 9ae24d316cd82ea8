#pragma once

#include <string_view>

namespace freshet {

/// The topic role that a bare JSON event looks made for: catalogue, ratings, feedback or interactions, which
/// is also the answer for what is no JSON object.
std::string_view GuessEventRole(std::string_view json);

}  // namespace freshet
