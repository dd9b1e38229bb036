#include "rules/intervals.h"

#include <algorithm>

namespace forewarn {
namespace {

Duration IntervalOf(const PreparedGroup& group, const PreparedRule& rule) {
  return std::max(group.interval, rule.due_every);
}

}  // namespace

Timestamp FloorTo(Timestamp at, Duration interval) {
  Duration since = at.time_since_epoch();
  Duration rest = since % interval;
  if (rest < Duration(0)) rest += interval;
  return Timestamp(since - rest);
}

bool IsDue(const PreparedGroup& group, const PreparedRule& rule, Timestamp before, Timestamp end) {
  const Duration interval = IntervalOf(group, rule);
  return rule.every_round || FloorTo(before, interval) != FloorTo(end, interval);
}

Duration StepOf(const PreparedGroup& group, const PreparedRule& rule, Duration round) {
  return rule.every_round ? round : IntervalOf(group, rule) + round;
}

}  // namespace forewarn
