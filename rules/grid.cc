#include "rules/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace forewarn {
namespace {

// Instants of one group that may become due with one entry, so that an installation that was away
// for years does not stop its shard. More than the accepted age of data holds at a step of a
// minute.
constexpr int64_t kInstantsMax = 12'000;

Timestamp FloorTo(Timestamp at, Duration step) {
  Duration since = at.time_since_epoch();
  Duration rest = since % step;
  if (rest < Duration(0)) rest += step;
  return Timestamp(since - rest);
}

}  // namespace

// Sets groups_ that are new to the installation on the grid, and skips what is too much at once.
void Grid::Start(EngineCall& call, Stream& stream, Timestamp first, Timestamp watermark) {
  for (const PreparedGroup& group : groups_) {
    if (!group.has_grid_rules) continue;
    Timestamp* last = stream.FindInstant(group.key);
    if (last == nullptr) {
      // The first instant is the first that is not before `first`.
      Timestamp before_first = FloorTo(first - 1ms, group.interval);
      stream.instants.emplace_back(group.key, before_first);
      last = &stream.instants.back().second;
    }
    int64_t due = (watermark - *last) / group.interval;
    if (due > kInstantsMax) {
      Timestamp resume = FloorTo(watermark, group.interval) - kInstantsMax * group.interval;
      call.out.problems.push_back(
          fmt::format("{}: group '{}': installation {} of {} was away for so long that {} "
                      "evaluations were left out",
                      group.file, group.name, stream.installation, stream.customer,
                      (resume - *last) / group.interval));
      *last = resume;
    }
  }
}

void Grid::Advance(EngineCall& call, const std::string& customer, const std::string& installation,
                   std::optional<Timestamp> first_round) {
  if (std::ranges::none_of(groups_, &PreparedGroup::has_grid_rules)) return;
  std::optional<Timestamp> watermark = contacts_.Watermark(customer, installation);
  if (!watermark) return;
  Stream& stream = streams_.Get(customer, installation, "");
  Start(call, stream, first_round ? std::min(*first_round, *watermark) : *watermark, *watermark);
  while (true) {
    std::optional<Timestamp> next;
    for (const PreparedGroup& group : groups_) {
      if (!group.has_grid_rules) continue;
      Timestamp due = *stream.FindInstant(group.key) + group.interval;
      if (due <= *watermark && (!next || due < *next)) next = due;
    }
    if (!next) break;
    for (const PreparedGroup& group : groups_) {
      if (!group.has_grid_rules) continue;
      if (*stream.FindInstant(group.key) + group.interval != *next) continue;
      *stream.FindInstant(group.key) = *next;
      if (call.arrival - *next > CatchUp::kBound + group.interval) stream.catch_up.Begin();
      for (const PreparedRule& rule : group.rules) {
        if (!rule.per_round) runner_.Run(call, group, rule, stream, *next, group.interval);
      }
    }
  }
  if (stream.catch_up.active() && call.arrival - *watermark <= CatchUp::kBound) {
    std::ranges::move(stream.catch_up.End(), std::back_inserter(call.out.alerts));
  }
  streams_.Touch(stream);
}

}  // namespace forewarn
