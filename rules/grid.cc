#include "rules/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "rules/intervals.h"

namespace forewarn {
namespace {

// Instants of one group that may become due with one entry, so that an installation that was away
// for years does not stop its shard. More than the accepted age of data holds at a step of a
// minute.
constexpr int64_t kInstantsMax = 12'000;

// Whether the group has instants to run.
bool IsBehind(const Stream& stream, const PreparedGroup& group) {
  return std::ranges::any_of(stream.targets,
                             [&](const auto& target) { return target.first == group.key; });
}

}  // namespace

void Grid::Aim(EngineCall& call, Stream& stream, Timestamp first, Timestamp watermark) {
  for (const PreparedGroup& group : rules_->groups) {
    if (!group.has_grid_rules) continue;
    Timestamp* last = stream.FindInstant(group.key);
    if (last == nullptr) {
      // The first instant is the first that is not before `first`.
      Timestamp before_first = FloorTo(first - 1ms, group.interval);
      stream.instants.emplace_back(group.key, before_first);
      last = &stream.instants.back().second;
    }
    auto target =
        std::ranges::find(stream.targets, group.key, &std::pair<Fingerprint, Timestamp>::first);
    Timestamp before = target == stream.targets.end() ? *last : target->second;
    int64_t due = (watermark - before) / group.interval;
    if (due > kInstantsMax) {
      Timestamp resume = FloorTo(watermark, group.interval) - kInstantsMax * group.interval;
      call.out.problems.push_back(
          fmt::format("{}: group '{}': installation {} of {} was away for so long that {} "
                      "evaluations were left out",
                      group.file, group.name, stream.installation, stream.customer,
                      (resume - *last) / group.interval));
      *last = resume;
      const std::optional<PreparedRules::Place> interrupted = awake_.FindNext(stream);
      if (interrupted && interrupted->group == &group) stream.next.reset();
    }
    Timestamp reach = FloorTo(watermark, group.interval);
    if (reach <= before) continue;
    if (target == stream.targets.end()) {
      stream.targets.emplace_back(group.key, reach);
    } else {
      target->second = reach;
    }
  }
}

void Grid::Work(EngineCall& call, Stream& stream) {
  bool is_whole = true;
  while (is_whole && !stream.targets.empty() && call.instants_left > 0 && call.work_left > 0) {
    std::optional<Timestamp> next;
    for (const PreparedGroup& group : rules_->groups) {
      if (!IsBehind(stream, group)) continue;
      Timestamp due = *stream.FindInstant(group.key) + group.interval;
      if (!next || due < *next) next = due;
    }
    FW_CHECK(next.has_value());
    // All groups of an instant, one after the other: what one records another reads.
    for (const PreparedGroup& group : rules_->groups) {
      if (!IsBehind(stream, group)) continue;
      Timestamp& last = *stream.FindInstant(group.key);
      if (last + group.interval != *next) continue;
      if (call.arrival - *next > CatchUp::kBound + group.interval) stream.catch_up.Begin();
      is_whole = RunRules(call, group, stream, *next);
      if (!is_whole) break;
      last = *next;
      --call.instants_left;
    }
    std::erase_if(stream.targets,
                  [&](const auto& item) { return *stream.FindInstant(item.first) >= item.second; });
  }
  const bool is_done =
      stream.targets.empty() && !streams_.OldestWaiting(stream.customer, stream.installation);
  std::optional<Timestamp> watermark = contacts_.Watermark(stream.customer, stream.installation);
  if (stream.catch_up.active() && is_done &&
      call.arrival - watermark.value_or(stream.now()) <= CatchUp::kBound) {
    std::ranges::move(stream.catch_up.End(), std::back_inserter(call.out.alerts));
  }
  streams_.Touch(stream);
}

// Another group may come before its own by now.
size_t Grid::TakeFirst(const PreparedGroup& group, Stream& stream) const {
  const std::optional<PreparedRules::Place> next = awake_.FindNext(stream);
  if (next && next->group != &group) return group.rules.front().number;
  stream.next.reset();
  return next ? next->rule->number : group.rules.front().number;
}

bool Grid::RunRules(EngineCall& call, const PreparedGroup& group, Stream& stream, Timestamp at) {
  if (group.rules.empty()) return true;  // since its instants were aimed at
  size_t from = TakeFirst(group, stream);
  while (auto found = awake_.Next(stream, from)) {
    if (found->group != &group) break;
    const PreparedRule& rule = *found->rule;
    if (call.work_left <= 0) {
      stream.next = {rule.number, rule.key};
      return false;
    }
    runner_.Run(call, group, rule, stream, at, group.interval);
    from = rule.number + 1;
  }
  return true;
}

std::optional<Timestamp> Grid::Reach(const std::string& customer,
                                     const std::string& installation) const {
  std::optional<Timestamp> watermark = contacts_.Watermark(customer, installation);
  std::optional<Timestamp> waiting = streams_.OldestWaiting(customer, installation);
  if (!watermark || !waiting) return watermark;
  return std::min(*watermark, *waiting - 1ms);
}

void Grid::Advance(EngineCall& call, const std::string& customer, const std::string& installation,
                   std::optional<Timestamp> first_round) {
  if (std::ranges::none_of(rules_->groups, &PreparedGroup::has_grid_rules)) return;
  std::optional<Timestamp> watermark = Reach(customer, installation);
  if (!watermark) return;
  Stream& stream = streams_.Get(customer, installation, "");
  Aim(call, stream, first_round ? std::min(*first_round, *watermark) : *watermark, *watermark);
  Work(call, stream);
}

}  // namespace forewarn
