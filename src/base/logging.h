#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/format.h"

namespace freshet {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kKeyValue, kJson };

/// Sets where and how the process logs (stderr). Call once at start, before threads.
void ConfigureLogging(LogLevel level, LogFormat format);

/// One `name=value` of a log line.
struct LogField {
  template <typename Value>
  LogField(std::string_view field_name, const Value& field_value)
      : name(field_name), value(fmt::format("{}", field_value)) {}
  std::string_view name;
  std::string value;
};

/// Writes one line. info = life cycle, warn = degraded, error = someone must act; nothing per event.
void LogLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

inline void LogDebug(std::string_view m, std::initializer_list<LogField> f = {}) {
  LogLine(LogLevel::kDebug, m, f);
}
inline void LogInfo(std::string_view m, std::initializer_list<LogField> f = {}) {
  LogLine(LogLevel::kInfo, m, f);
}
inline void LogWarn(std::string_view m, std::initializer_list<LogField> f = {}) {
  LogLine(LogLevel::kWarn, m, f);
}
inline void LogError(std::string_view m, std::initializer_list<LogField> f = {}) {
  LogLine(LogLevel::kError, m, f);
}

}  // namespace freshet
