#include "ctl/session.h"

#include "base/units.h"

namespace forewarn {

StatusOr<Duration> DurationOf(std::string_view option, const std::string& text) {
  StatusOr<Duration> duration = ParseDuration(text);
  return duration.ok() ? duration : duration.status().With(option);
}

StatusOr<Timestamp> ParseMoment(const std::string& text, Timestamp now) {
  if (text == "now") return now;
  if (StatusOr<Duration> ago = ParseDuration(text); ago.ok()) {
    if (*ago > now.time_since_epoch()) return InvalidArgument("'" + text + "' ago is before 1970");
    return now - *ago;
  }
  if (StatusOr<Timestamp> at = ParseTime(text); at.ok()) return at;
  return InvalidArgument(
      "'" + text +
      "' is not a moment; write 2026-05-01T10:00:00Z, now, or how long ago, such as 90m");
}

}  // namespace forewarn
