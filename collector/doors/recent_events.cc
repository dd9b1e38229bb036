#include "collector/doors/recent_events.h"

#include <utility>

namespace forewarn {

std::optional<uint64_t> RecentEvents::Add(Fingerprint event, uint64_t ticket, Timestamp now) {
  bool is_over = now >= since_ + 1h || now < since_;  // a clock that was set back starts anew, too
  if (is_over || younger_.size() >= half_) {
    older_ = std::exchange(younger_, {});
    if (now >= since_ + 2h) older_.clear();
    since_ = now;
  }
  if (auto found = older_.find(event); found != older_.end()) return found->second;
  auto [known, is_new] = younger_.try_emplace(event, ticket);
  if (is_new) return std::nullopt;
  return known->second;
}

void RecentEvents::Forget(Fingerprint event) {
  younger_.erase(event);
  older_.erase(event);
}

}  // namespace forewarn
