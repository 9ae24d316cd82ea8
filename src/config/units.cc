#include "config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "base/format.h"

namespace freshet {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array kDurationUnits = {Unit{"ms", 1},        Unit{"s", 1'000},      Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}, Unit{"d", 86'400'000}, Unit{"w", 604'800'000}};
constexpr std::int64_t kKibi = 1024;
constexpr std::array kBinaryUnits = {Unit{"B", 1}, Unit{"KiB", kKibi}, Unit{"MiB", kKibi* kKibi},
                                     Unit{"GiB", kKibi* kKibi* kKibi},
                                     Unit{"TiB", kKibi* kKibi* kKibi* kKibi}};
constexpr std::array kSizeUnits = {Unit{"", 1},
                                   Unit{"B", 1},
                                   Unit{"kB", 1'000},
                                   Unit{"MB", 1'000'000},
                                   Unit{"GB", 1'000'000'000},
                                   Unit{"TB", 1'000'000'000'000},
                                   kBinaryUnits[1],
                                   kBinaryUnits[2],
                                   kBinaryUnits[3],
                                   kBinaryUnits[4]};

// 10,000 years; also far from the end of int64 and within the exact integers of a double.
constexpr double kMillisMax = 315'576'000'000'000.0;
constexpr double kBytesMax = 1LL << 50;

std::optional<std::int64_t> Scale(std::string_view text, std::span<const Unit> units, double limit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  if (name.empty() && number == 0) return 0;
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    const double scaled = number * static_cast<double>(unit.factor);
    if (!(scaled <= limit) || scaled != std::floor(scaled)) return std::nullopt;
    return static_cast<std::int64_t>(scaled);
  }
  return std::nullopt;
}

std::string Shortest(std::int64_t value, std::span<const Unit> units) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (value != 0 && value % unit->factor == 0) return fmt::format("{}{}", value / unit->factor, unit->name);
  }
  return fmt::format("{}{}", value, units.front().name);
}

}  // namespace

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (const auto ms = Scale(text, kDurationUnits, kMillisMax)) return std::chrono::milliseconds(*ms);
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("\"{}\" is not a duration; write a number with ms, s, m, h, d or w, as in "
                               "\"100ms\" or \"7d\"",
                               text));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  // Weeks are read but not written: "14d" is plainer than "2w".
  return Shortest(duration.count(), std::span(kDurationUnits).first(kDurationUnits.size() - 1));
}

Result<std::int64_t> ParseSize(std::string_view text) {
  if (const auto bytes = Scale(text, kSizeUnits, kBytesMax)) return *bytes;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("\"{}\" is not a size; write bytes, or a number with KiB, MiB, GiB, TiB, kB, MB, "
                  "GB or TB, as in \"64MiB\"",
                  text));
}

std::string FormatSize(std::int64_t bytes) { return Shortest(bytes, kBinaryUnits); }

}  // namespace freshet
