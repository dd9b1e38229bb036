#include "rules/intervals.h"

namespace forewarn {

Timestamp FloorTo(Timestamp at, Duration interval) {
  Duration since = at.time_since_epoch();
  Duration rest = since % interval;
  if (rest < Duration(0)) rest += interval;
  return Timestamp(since - rest);
}

bool IsDue(const PreparedGroup& group, const PreparedRule& rule, Timestamp before, Timestamp end) {
  return rule.every_round || FloorTo(before, group.interval) != FloorTo(end, group.interval);
}

Duration StepOf(const PreparedGroup& group, const PreparedRule& rule, Duration round) {
  return rule.every_round ? round : group.interval + round;
}

}  // namespace forewarn
