#include "rules/promql/range_functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rules/promql/aggregate.h"
#include "rules/promql/number.h"

namespace forewarn::promql {
namespace {

using Samples = std::span<const Sample>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A sum with the error of each addition carried along (Kahan's, with Neumaier's improvement for
// terms larger than the sum).
struct CompensatedSum {
  double sum = 0;
  double error = 0;

  void Add(double term) {
    const double next = sum + term;
    error += std::abs(sum) >= std::abs(term) ? (sum - next) + term : (term - next) + sum;
    sum = next;
  }
  double total() const { return sum + error; }
};

double SecondsBetween(Timestamp from, Timestamp to) { return ToSeconds(to - from); }

// How much the series rose over the whole range, or how fast. The first and last sample rarely lie
// on the ends of the range, so the rise between them is stretched: up to an end that is as near as
// a sample could be expected (within 1.1 of the average distance), otherwise by half an average
// distance. A counter is not stretched to before the time at which it would have been zero.
std::optional<double> Extrapolate(const Window& window, bool counter, bool per_second) {
  const Samples samples = window.samples;
  if (samples.size() < 2) return std::nullopt;
  const Sample& first = samples.front();
  const Sample& last = samples.back();
  double rise = last.value - first.value;
  if (counter) {
    for (size_t i = 1; i < samples.size(); ++i) {
      if (samples[i].value < samples[i - 1].value) rise += samples[i - 1].value;  // it began anew
    }
  }
  double to_start = SecondsBetween(window.from, first.at);
  const double to_end = SecondsBetween(last.at, window.to);
  const double sampled = SecondsBetween(first.at, last.at);
  const double distance = sampled / static_cast<double>(samples.size() - 1);
  if (counter && rise > 0 && first.value >= 0) {
    to_start = std::min(to_start, sampled * (first.value / rise));
  }
  const double near = distance * 1.1;
  double covered = sampled;
  covered += to_start < near ? to_start : distance / 2;
  covered += to_end < near ? to_end : distance / 2;
  double factor = covered / sampled;
  if (per_second) factor /= SecondsBetween(window.from, window.to);
  return rise * factor;
}

// From the last two samples alone.
std::optional<double> LastStep(const Window& window, bool counter, bool per_second) {
  const Samples samples = window.samples;
  if (samples.size() < 2) return std::nullopt;
  const Sample& last = samples[samples.size() - 1];
  const Sample& previous = samples[samples.size() - 2];
  double result = counter && last.value < previous.value ? last.value : last.value - previous.value;
  const double seconds = SecondsBetween(previous.at, last.at);
  if (seconds == 0) return std::nullopt;
  if (per_second) result /= seconds;
  return result;
}

struct Line {
  double slope = 0;  // per second
  double value = 0;  // at the origin
};

// The least-squares line. `origin` is where its value is wanted.
Line Fit(Samples samples, Timestamp origin) {
  const bool constant = std::ranges::all_of(
      samples, [&](const Sample& sample) { return sample.value == samples[0].value; });
  if (constant) {
    if (std::isinf(samples[0].value)) return {kNaN, kNaN};
    return {0, samples[0].value};
  }
  const auto n = static_cast<double>(samples.size());
  CompensatedSum x, y, xy, xx;
  for (const Sample& sample : samples) {
    const double seconds = SecondsBetween(origin, sample.at);
    x.Add(seconds);
    y.Add(sample.value);
    xy.Add(seconds * sample.value);
    xx.Add(seconds * seconds);
  }
  const double covariance = xy.total() - x.total() * y.total() / n;
  const double variance = xx.total() - x.total() * x.total() / n;
  const double slope = covariance / variance;
  return {slope, y.total() / n - slope * x.total() / n};
}

double Average(Samples samples) {
  CompensatedSum mean;
  double count = 0;
  for (const Sample& sample : samples) {
    ++count;
    if (std::isinf(mean.sum)) {
      // Infinities of one sign stay; a finite value does not change them.
      if (std::isinf(sample.value) && (mean.sum > 0) == (sample.value > 0)) continue;
      if (std::isfinite(sample.value)) continue;
    }
    mean.Add(sample.value / count - mean.sum / count);
  }
  return std::isinf(mean.sum) ? mean.sum : mean.total();
}

double Sum(Samples samples) {
  CompensatedSum sum;
  for (const Sample& sample : samples) sum.Add(sample.value);
  return std::isinf(sum.sum) ? sum.sum : sum.total();
}

double Variance(Samples samples) {
  CompensatedSum mean, squares;
  double count = 0;
  for (const Sample& sample : samples) {
    ++count;
    const double delta = sample.value - mean.total();
    mean.Add(delta / count);
    squares.Add(delta * (sample.value - mean.total()));
  }
  return squares.total() / count;
}

template <typename Better>
double Extreme(Samples samples, Better better) {
  double best = samples[0].value;
  for (const Sample& sample : samples) {
    if (better(sample.value, best) || std::isnan(best)) best = sample.value;
  }
  return best;
}

double QuantileOf(Samples samples, double q) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(sample.value);
  return Quantile(q, std::move(values));
}

double Changes(Samples samples) {
  double changes = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    const double now = samples[i].value;
    const double before = samples[i - 1].value;
    if (now != before && !(std::isnan(now) && std::isnan(before))) ++changes;
  }
  return changes;
}

double Resets(Samples samples) {
  double resets = 0;
  for (size_t i = 1; i < samples.size(); ++i) resets += samples[i].value < samples[i - 1].value;
  return resets;
}

// Double exponential smoothing: a level and a trend, each with its factor.
std::optional<double> HoltWinters(Samples samples, double level_factor, double trend_factor) {
  if (samples.size() < 2) return std::nullopt;
  double before = 0;
  double level = samples[0].value;
  double trend = samples[1].value - samples[0].value;
  for (size_t i = 1; i < samples.size(); ++i) {
    if (i > 1) trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
    const double next = level_factor * samples[i].value + (1 - level_factor) * (level + trend);
    before = level;
    level = next;
  }
  return level;
}

}  // namespace

std::optional<double> ApplyToWindow(FunctionId function, const Window& window) {
  const Samples samples = window.samples;
  switch (function) {
    case FunctionId::kRate: return Extrapolate(window, true, true);
    case FunctionId::kIncrease: return Extrapolate(window, true, false);
    case FunctionId::kDelta: return Extrapolate(window, false, false);
    case FunctionId::kIrate: return LastStep(window, true, true);
    case FunctionId::kIdelta: return LastStep(window, false, false);
    case FunctionId::kDeriv:
      if (samples.size() < 2) return std::nullopt;
      return Fit(samples, samples[0].at).slope;
    case FunctionId::kPredictLinear: {
      if (samples.size() < 2) return std::nullopt;
      const Line line = Fit(samples, window.at);
      return line.slope * window.parameters[0] + line.value;
    }
    case FunctionId::kHoltWinters:
      return HoltWinters(samples, window.parameters[0], window.parameters[1]);
    case FunctionId::kChanges: return Changes(samples);
    case FunctionId::kResets: return Resets(samples);
    case FunctionId::kAvgOverTime: return Average(samples);
    case FunctionId::kSumOverTime: return Sum(samples);
    case FunctionId::kMinOverTime: return Extreme(samples, std::less<>());
    case FunctionId::kMaxOverTime: return Extreme(samples, std::greater<>());
    case FunctionId::kCountOverTime: return static_cast<double>(samples.size());
    case FunctionId::kLastOverTime: return samples.back().value;
    case FunctionId::kPresentOverTime:
    case FunctionId::kAbsentOverTime:  // its caller turns presence around
      return 1;
    case FunctionId::kStddevOverTime: return std::sqrt(Variance(samples));
    case FunctionId::kStdvarOverTime: return Variance(samples);
    case FunctionId::kQuantileOverTime: return QuantileOf(samples, window.parameters[0]);
    default: FW_CHECK(!"a function over ranges"); return std::nullopt;
  }
}

Status CheckParameters(FunctionId function, std::span<const double> parameters) {
  if (function != FunctionId::kHoltWinters) return OkStatus();
  for (size_t i = 0; i < 2; ++i) {
    if (parameters[i] > 0 && parameters[i] < 1) continue;
    return InvalidArgument(
        fmt::format("holt_winters: the {} factor must lie between 0 and 1, not {}",
                    i == 0 ? "smoothing" : "trend", FormatValue(parameters[i])));
  }
  return OkStatus();
}

}  // namespace forewarn::promql
