#include "collector/doors/recent_events.h"

namespace forewarn {
namespace {

constexpr Duration kRemembered = 1h;

}  // namespace

std::optional<uint64_t> RecentEvents::Add(Fingerprint event, uint64_t ticket, Timestamp now) {
  // What lies far ahead came before the clock was set back.
  while (!came_.empty() &&
         (came_.front().at + kRemembered <= now || came_.front().at > now + kRemembered)) {
    ForgetOldest();
  }
  auto [known, is_new] = known_.try_emplace(event, ticket);
  if (!is_new) return known->second;
  came_.push_back({now, ticket, event});
  return std::nullopt;
}

void RecentEvents::Forget(Fingerprint event) {
  known_.erase(event);
  // As a rule it was the last that came.
  if (!came_.empty() && came_.back().event == event) came_.pop_back();
}

void RecentEvents::MakeRoom(uint64_t last) {
  while (!came_.empty() && came_.front().ticket < last &&
         (known_.size() > room_ || came_.size() > 2 * room_)) {
    ForgetOldest();
  }
}

void RecentEvents::ForgetOldest() {
  // It may have been forgotten, and have come again later.
  auto known = known_.find(came_.front().event);
  if (known != known_.end() && known->second == came_.front().ticket) known_.erase(known);
  came_.pop_front();
}

}  // namespace forewarn
