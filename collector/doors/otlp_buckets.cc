#include "collector/doors/otlp_buckets.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "forewarn/foreign/otlp.pb.h"

namespace forewarn {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
// Powers of two that are doubles: 2^-1074 to 2^1024, which is +Inf as a bound.
constexpr int64_t kLowestPower = -1074;
constexpr int64_t kHighestPower = 1024;

Status WrongSum(uint64_t sum, uint64_t count) {
  return InvalidArgument(
      fmt::format("its buckets hold {} values, but its count is {}", sum, count));
}

int64_t FloorShift(int64_t value, int bits) { return value >> bits; }

using ExponentialBuckets = foreign::otlp::ExponentialHistogramDataPoint::Buckets;

// Beyond this no double is a bound, whatever the width of a bucket.
constexpr int64_t kMaxIndex = 4096;

Status Beyond() { return InvalidArgument("a bucket lies beyond all numbers"); }

// How many values lie in (2^(width * i), 2^(width * (i + 1))], by i, where width is 1 for scales from 0
// on, and a power of two below. Holds as many as have bounds that are numbers, however many there are.
Status Merge(const ExponentialBuckets& buckets, int scale, std::map<int64_t, uint64_t>& merged,
             uint64_t& sum) {
  for (int i = 0; i < buckets.bucket_counts_size(); ++i) {
    uint64_t count = buckets.bucket_counts(i);
    if (count == 0) continue;
    int64_t index = static_cast<int64_t>(buckets.offset()) + i;
    if (scale > 0) index = FloorShift(index, scale);
    if (std::abs(index) > kMaxIndex) return Beyond();
    merged[index] += count;
    if (__builtin_add_overflow(sum, count, &sum)) return InvalidArgument("its counts overflow");
  }
  return OkStatus();
}

// 2^(width * index), when that is a bound that a double can hold.
StatusOr<double> Bound(int64_t index, int scale) {
  int64_t power = index;
  // A width of 2^11 covers all doubles already.
  int widen = scale < 0 ? std::min(-scale, 11) : 0;
  if (std::abs(index) > kMaxIndex) return Beyond();
  power = index * (int64_t{1} << widen);
  if (power > kHighestPower && widen == 0) return Beyond();
  if (power >= kHighestPower) return kInf;
  if (power < kLowestPower) return 0.0;
  return std::ldexp(1.0, static_cast<int>(power));
}

}  // namespace

StatusOr<OtlpBuckets> BucketsOf(const foreign::otlp::HistogramDataPoint& point) {
  OtlpBuckets out;
  int bounds = point.explicit_bounds_size();
  int counts = point.bucket_counts_size();
  if (counts == 0 && bounds == 0) {
    out.emplace_back(kInf, static_cast<double>(point.count()));
    return out;
  }
  if (counts != bounds + 1) {
    return InvalidArgument(fmt::format(
        "it has {} buckets and {} bounds; there is one bucket more than bounds", counts, bounds));
  }
  uint64_t sum = 0;
  for (int i = 0; i < counts; ++i) {
    if (__builtin_add_overflow(sum, point.bucket_counts(i), &sum)) {
      return InvalidArgument("its counts overflow");
    }
    double bound = i < bounds ? point.explicit_bounds(i) : kInf;
    if (std::isnan(bound) || (!out.empty() && bound <= out.back().first && i < bounds)) {
      return InvalidArgument("its bounds do not rise");
    }
    if (i == bounds && !out.empty() && std::isinf(out.back().first)) out.pop_back();
    out.emplace_back(bound, static_cast<double>(sum));
  }
  if (sum != point.count()) return WrongSum(sum, point.count());
  return out;
}

StatusOr<OtlpBuckets> BucketsOf(const foreign::otlp::ExponentialHistogramDataPoint& point) {
  // Scales go to 20, and below -10 one bucket holds all.
  if (point.scale() > 32 || point.scale() < -32) {
    return InvalidArgument(fmt::format("scale {} is none", point.scale()));
  }
  std::map<int64_t, uint64_t> negative;
  std::map<int64_t, uint64_t> positive;
  uint64_t sum = point.zero_count();
  FW_RETURN_IF_ERROR(Merge(point.negative(), point.scale(), negative, sum));
  FW_RETURN_IF_ERROR(Merge(point.positive(), point.scale(), positive, sum));
  if (sum != point.count()) return WrongSum(sum, point.count());

  OtlpBuckets out;
  uint64_t below = 0;
  auto add = [&](double bound, uint64_t count) {
    below += count;
    if (!out.empty() && out.back().first >= bound) {
      out.back().second = static_cast<double>(below);
    } else {
      out.emplace_back(bound, static_cast<double>(below));
    }
  };
  // A negative bucket holds [-2^(i+1), -2^i), so that the one with the highest index comes first.
  for (auto it = negative.rbegin(); it != negative.rend(); ++it) {
    FW_ASSIGN_OR_RETURN(double bound, Bound(it->first, point.scale()));
    add(-bound, it->second);
  }
  if (point.zero_count() > 0) {
    double threshold = point.zero_threshold();
    add(threshold > 0 && std::isfinite(threshold) ? threshold : 0, point.zero_count());
  }
  // With the buckets between, so that a bound does not come and go with the values.
  for (auto it = positive.begin(); it != positive.end(); ++it) {
    FW_ASSIGN_OR_RETURN(double bound, Bound(it->first + 1, point.scale()));
    if (it != positive.begin()) {
      for (int64_t between = std::prev(it)->first + 1; between < it->first; ++between) {
        FW_ASSIGN_OR_RETURN(double empty, Bound(between + 1, point.scale()));
        add(empty, 0);
      }
    }
    add(bound, it->second);
  }
  add(kInf, 0);
  return out;
}

}  // namespace forewarn
