#include "collector/doors/delta_sums.h"

#include <algorithm>

namespace forewarn {

DeltaSums::Outcome DeltaSums::Add(Fingerprint series, Timestamp at, double difference,
                                  uint64_t ticket, Timestamp now, size_t room) {
  auto found = series_.find(series);
  bool is_new = found == series_.end();
  if (is_new) {
    if (series_.size() >= room) return {Result::kNoRoom, {}, {}};
    found = series_.try_emplace(series).first;
  }
  Series& state = found->second;
  if (at <= state.forgotten) return {Result::kTooLate, state.sum, {}};
  auto place = std::ranges::lower_bound(state.known, at);
  if (place != state.known.end() && *place == at) return {Result::kRepeated, state.sum, {}};

  Added added = {series, at, is_new ? std::nullopt : std::optional<Sum>(state.sum), std::nullopt,
                 state.forgotten};
  state.known.insert(place, at);
  if (state.known.size() > kKnownTimes) {
    state.forgotten = state.known.front();
    added.forgotten = state.forgotten;
    state.known.erase(state.known.begin());
  }
  Timestamp sample = is_new ? at : std::max(at, state.sum.at + 1ms);
  state.sum = {state.sum.value + difference, sample, ticket, now};
  return {Result::kAdded, state.sum, added};
}

void DeltaSums::TakeBack(const Added& added) {
  if (!added.before) {
    series_.erase(added.series);
    return;
  }
  Series& state = series_[added.series];
  state.sum = *added.before;
  if (added.forgotten) state.known.insert(state.known.begin(), *added.forgotten);
  state.forgotten = added.forgotten_before;
  std::erase(state.known, added.at);
}

void DeltaSums::Forget(Fingerprint series, uint64_t ticket) {
  auto found = series_.find(series);
  if (found != series_.end() && found->second.sum.ticket == ticket) series_.erase(found);
}

void DeltaSums::ForgetSilent(Timestamp before) {
  std::erase_if(series_, [&](const auto& item) { return item.second.sum.arrival < before; });
}

}  // namespace forewarn
