#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace forewarn {

// Structured logging. One line, one event: a constant name `noun.past_tense`, all else as fields
// that are named alike everywhere:
//
//   FW_LOG(kWarn, "ingest.rejected", {{"customer", customer}, {"reason", reason}});
//
// kError: someone should look today. kWarn: degraded but self-healing. kInfo: lives of processes
// and incidents. kDebug: off unless asked for. Never a secret; never customer telemetry at kInfo.
// Thread-safe.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogField {
  LogField(std::string_view key, std::string_view value) : key(key), value(value) {}
  LogField(std::string_view key, const char* value) : key(key), value(value) {}
  LogField(std::string_view key, const std::string& value) : key(key), value(value) {}
  template <std::integral T>
  LogField(std::string_view key, T value) : key(key), value(std::to_string(value)) {}
  LogField(std::string_view key, double value);

  std::string_view key;
  std::string value;
};

// Where lines go and from which level on; call once at the start of main. Lines are logfmt on
// standard error: `2026-05-01T10:00:00.250Z info collector.started port=7443`.
void SetUpLog(LogLevel level);
// `debug`, `info`, `warn`, `error`; anything else is false.
bool ParseLogLevel(std::string_view text, LogLevel& level);

bool LogEnabled(LogLevel level);
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace forewarn

#define FW_LOG(level, ...)                                       \
  do {                                                           \
    if (::forewarn::LogEnabled(::forewarn::LogLevel::level)) {   \
      ::forewarn::Log(::forewarn::LogLevel::level, __VA_ARGS__); \
    }                                                            \
  } while (false)
