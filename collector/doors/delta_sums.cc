#include "collector/doors/delta_sums.h"

namespace forewarn {

DeltaSums::Outcome DeltaSums::Add(Fingerprint series, Timestamp at, double difference,
                                  uint64_t ticket, Timestamp now, size_t room) {
  auto found = sums_.find(series);
  bool is_new = found == sums_.end();
  if (is_new) {
    if (sums_.size() >= room) return {Result::kNoRoom, {}, {}};
    found = sums_.try_emplace(series).first;
  }
  Sum& sum = found->second;
  if (at <= sum.at) return {Result::kRepeated, sum, {}};
  Added added = {series, is_new ? std::nullopt : std::optional<Sum>(sum)};
  sum = {sum.value + difference, at, ticket, now};
  return {Result::kAdded, sum, added};
}

void DeltaSums::TakeBack(const Added& added) {
  if (added.before) {
    sums_[added.series] = *added.before;
  } else {
    sums_.erase(added.series);
  }
}

void DeltaSums::Forget(Fingerprint series, uint64_t ticket) {
  auto found = sums_.find(series);
  if (found != sums_.end() && found->second.ticket == ticket) sums_.erase(found);
}

void DeltaSums::ForgetSilent(Timestamp before) {
  std::erase_if(sums_, [&](const auto& item) { return item.second.arrival < before; });
}

}  // namespace forewarn
