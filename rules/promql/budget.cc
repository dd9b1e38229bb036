#include "rules/promql/budget.h"

#include <fmt/core.h>

namespace forewarn::promql {

void Budget::Exhaust() {
  is_exhausted_ = true;
  used_ = limit_;
}

Status Budget::Charge(uint64_t operations) {
  if (is_exhausted_ || operations > limit_ - used_) {
    is_exhausted_ = true;
    return ResourceExhausted(fmt::format(
        "the query needs more than {} operations (max_operations); ask for fewer series, a shorter "
        "range or a longer step",
        limit_));
  }
  used_ += operations;
  if (stop_ && stop_()) return Cancelled("the query was ended before it was done");
  return OkStatus();
}

}  // namespace forewarn::promql
