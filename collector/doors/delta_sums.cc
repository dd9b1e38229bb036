#include "collector/doors/delta_sums.h"

namespace forewarn {

DeltaSums::Outcome DeltaSums::Add(Fingerprint series, int64_t time_ms, double difference) {
  std::lock_guard lock(mutex_);
  auto found = sums_.find(series);
  if (found == sums_.end()) {
    if (sums_.size() >= room_) return {Result::kNoRoom, 0, {}};
    found = sums_.try_emplace(series).first;
  }
  Sum& sum = found->second;
  if (time_ms <= sum.time_ms) return {Result::kRepeated, sum.value, {}};
  Added added = {series, time_ms, difference, sum.time_ms};
  sum.value += difference;
  sum.time_ms = time_ms;
  return {Result::kAdded, sum.value, added};
}

void DeltaSums::TakeBack(const Added& added) {
  std::lock_guard lock(mutex_);
  auto found = sums_.find(added.series);
  if (found == sums_.end() || found->second.time_ms != added.time_ms) return;
  found->second.value -= added.difference;
  found->second.time_ms = added.time_before_ms;
}

}  // namespace forewarn
