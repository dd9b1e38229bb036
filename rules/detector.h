#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "base/time.h"

namespace forewarn {

// What a detector makes of a series at one sample. The meaning of the numbers is the kind's; all
// are finite.
struct Finding {
  double value = 0;
  double lower = 0;
  double upper = 0;
  double confidence = 0;  // 0..1
};

// What the series of a finding are called, behind the name that was declared: value, bounds,
// confidence.
inline constexpr std::string_view kFindingSuffixes[] = {"", ":lower", ":upper", ":confidence"};

// A Detector turns one series into another: a forecast, an anomaly score, a level shift.
//
// It is a fold: Observe() is the only way in and its result is the only way out. Two detectors
// that were told the same things in the same order hold the same state, which is how a shard
// rebuilds itself after a restart. A detector belongs to one shard and is not thread-safe.
class Detector {
 public:
  virtual ~Detector() = default;

  // Takes the series' next sample and returns what is now known, or nothing while it cannot tell.
  // `at` is event time and later than that of any earlier call. A value that is not finite
  // leaves the state as it was and returns nothing.
  virtual std::optional<Finding> Observe(Timestamp at, double value) = 0;

  // Writes and reads the state, bounded in size, in the format at the top of the kind's source.
  // Load() refuses with kDataLoss what another kind or a newer version wrote, and leaves the state
  // as it was.
  virtual void Save(Encoder& out) const = 0;
  virtual Status Load(Decoder& in) = 0;
};

// Seconds until the series reaches a limit, with the bounds of a robust fit; negative never,
// nothing while the trend does not lead there or is not sure to. A sudden change of trend or level
// starts the fit anew, so that a disk that was cleaned is judged by what happened since.
struct ForecastOptions {
  double reaches =
      0;  // the limit, in the series' unit; the series comes from the side it starts on
  Duration min_history = 2h;  // no claim on less than this since the last break
  Duration block = 10min;  // samples are folded into blocks of this length; 36 of them are fitted
};
std::unique_ptr<Detector> MakeForecast(const ForecastOptions& options);

}  // namespace forewarn
