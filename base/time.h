#pragma once

#include <chrono>
#include <cstdint>

namespace forewarn {

// All durations and times are whole milliseconds; times are UTC since 1970. Arithmetic is chrono's,
// so a Duration cannot be added to a Duration-less number by accident, nor two Timestamps to each
// other. A variable's name says whether it holds event time (what the source claims) or arrival
// time (ours).
using Duration = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<Duration>;

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

inline constexpr Timestamp kTimeZero{};

constexpr Timestamp FromMillis(int64_t millis) { return Timestamp(Duration(millis)); }
constexpr int64_t ToMillis(Timestamp at) { return at.time_since_epoch().count(); }
constexpr double ToSeconds(Duration d) { return static_cast<double>(d.count()) / 1000.0; }
constexpr double ToSeconds(Timestamp at) { return ToSeconds(at.time_since_epoch()); }

}  // namespace forewarn
