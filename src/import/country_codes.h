#pragma once

#include <string_view>

namespace freshet {

/// ISO 3166-1 alpha-2 code of a country as the retail set spells it; empty: no one country.
std::string_view CountryCode(std::string_view name);

}  // namespace freshet
