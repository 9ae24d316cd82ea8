#include "import/country_codes.h"

#include <algorithm>
#include <array>

namespace freshet {
namespace {

struct Country {
  std::string_view name;
  std::string_view code;
};

// "Channel Islands", "West Indies", "European Community" and "Unspecified" are no one country.
constexpr std::array kCountries = {
    Country{"Australia", "AU"},
    Country{"Austria", "AT"},
    Country{"Bahrain", "BH"},
    Country{"Belgium", "BE"},
    Country{"Bermuda", "BM"},
    Country{"Brazil", "BR"},
    Country{"Canada", "CA"},
    Country{"Cyprus", "CY"},
    Country{"Czech Republic", "CZ"},
    Country{"Denmark", "DK"},
    Country{"EIRE", "IE"},
    Country{"Finland", "FI"},
    Country{"France", "FR"},
    Country{"Germany", "DE"},
    Country{"Greece", "GR"},
    Country{"Hong Kong", "HK"},
    Country{"Iceland", "IS"},
    Country{"Israel", "IL"},
    Country{"Italy", "IT"},
    Country{"Japan", "JP"},
    Country{"Korea", "KR"},
    Country{"Lebanon", "LB"},
    Country{"Lithuania", "LT"},
    Country{"Malta", "MT"},
    Country{"Netherlands", "NL"},
    Country{"Nigeria", "NG"},
    Country{"Norway", "NO"},
    Country{"Poland", "PL"},
    Country{"Portugal", "PT"},
    Country{"RSA", "ZA"},
    Country{"Saudi Arabia", "SA"},
    Country{"Singapore", "SG"},
    Country{"Spain", "ES"},
    Country{"Sweden", "SE"},
    Country{"Switzerland", "CH"},
    Country{"Thailand", "TH"},
    Country{"USA", "US"},
    Country{"United Arab Emirates", "AE"},
    Country{"United Kingdom", "GB"},
};

}  // namespace

std::string_view CountryCode(std::string_view name) {
  const auto found = std::find_if(kCountries.begin(), kCountries.end(),
                                  [name](const Country& country) { return country.name == name; });
  return found == kCountries.end() ? std::string_view() : found->code;
}

}  // namespace freshet
