#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// What a zone's clocks showed and will show, from the system's zone files (RFC 9636, TZif), since
// gcc 12 has no chrono zones. Immutable; thread-safe; a value.
class TimeZone {
 public:
  // UTC.
  TimeZone() = default;

  // Reads the bytes of a zone file: version 1 to 4, leap seconds ignored. Refuses what is not one.
  static StatusOr<TimeZone> Parse(std::string_view bytes);
  // Reads `<folder>/<name>`, where `name` is an IANA name such as `Europe/Berlin`. `UTC` needs no
  // file. kNotFound for a zone that is not there, kInvalidArgument for what cannot be a name.
  static StatusOr<TimeZone> Load(const std::string& name,
                                 const std::string& folder = "/usr/share/zoneinfo");

  // Local time minus UTC at that moment.
  std::chrono::seconds OffsetAt(Timestamp at) const;

 private:
  struct Transition {
    int64_t at = 0;  // seconds since 1970
    int32_t offset = 0;
  };
  // A day of the year on which the offset changes, in the notation of POSIX's TZ variable.
  struct Day {
    enum class Kind { kJulian, kZeroBased, kWeekday } kind = Kind::kWeekday;
    int day = 0;  // of the year: 1 to 365 without 29 February (J), 0 to 365 (plain)
    int month = 0, week = 0, weekday = 0;  // M: week 5 is the last
    int32_t seconds = 7200;                // of local time before the change, after its midnight
  };
  // What holds after the last transition.
  struct Rule {
    int32_t standard = 0;
    int32_t daylight = 0;
    std::optional<Day> begins, ends;  // of daylight time; none: always standard
  };

  static StatusOr<Rule> ParseRule(std::string_view text);
  static bool ParseDay(std::string_view& text, Day& day);
  static int64_t SecondsOf(int year, const Day& day);  // since 1970, as if local time were UTC
  static int32_t OffsetOf(const Rule& rule, int64_t at);

  int32_t first_offset_ = 0;  // before the first transition
  std::vector<Transition> transitions_;
  std::optional<Rule> rule_;
};

}  // namespace forewarn
