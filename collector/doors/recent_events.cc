#include "collector/doors/recent_events.h"

#include <utility>

namespace forewarn {

bool RecentEvents::Add(Fingerprint event, Timestamp now) {
  bool is_over = now >= since_ + 1h || now < since_;  // a clock that was set back starts anew, too
  if (is_over || younger_.size() >= half_) {
    older_ = std::exchange(younger_, {});
    if (now >= since_ + 2h) older_.clear();
    since_ = now;
  }
  if (older_.contains(event)) return false;
  return younger_.insert(event).second;
}

void RecentEvents::Forget(Fingerprint event) {
  younger_.erase(event);
  older_.erase(event);
}

}  // namespace forewarn
