#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace forewarn::bench {

// Seconds on a clock that only goes forward.
inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The smallest of `values` that at least `share` of them do not exceed; 0 when there are none.
inline double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  auto place = values.begin() + static_cast<std::ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace forewarn::bench
