#include "rules/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "rules/evidence.h"
#include "rules/intervals.h"

namespace forewarn {

void Rounds::Observe(EngineCall& call, const Batch& batch) {
  if (batch.rounds.empty()) return;
  const ProbeIdentity& identity = batch.source;
  Stream& stream = streams_.Get(identity.customer, identity.installation, identity.probe);
  std::vector<Round> rounds = batch.rounds;
  std::ranges::stable_sort(rounds, {}, &Round::end);
  for (const Round& round : rounds) {
    const Timestamp before = stream.newest_round();
    if (round.end <= before) continue;  // what was concluded is never rewritten
    Status fed = detectors_.Observe(
        identity.probe,
        ScopedSource(source_, identity.customer, identity.installation, identity.probe), before,
        round.end, *call.write);
    if (!fed.ok())
      runner_.Report(call, Fingerprint::Of(identity.probe), "probe " + identity.probe, fed);
    stream.waiting.push_back({round.end, round.interval});
    Work(call, stream);
  }
  if (stream.waiting.size() > kWaitingMax) {
    const size_t over = stream.waiting.size() - kWaitingMax;
    call.out.problems.push_back(
        fmt::format("probe {} of {}: its rules take longer than its rounds; {} evaluations of all "
                    "of them were left out: let them do less",
                    identity.probe, identity.customer, over));
    stream.last_round = stream.waiting[over - 1].end;
    stream.waiting.erase(stream.waiting.begin(),
                         stream.waiting.begin() + static_cast<ptrdiff_t>(over));
    stream.next.reset();
  }
  streams_.Touch(stream);
}

void Rounds::Work(EngineCall& call, Stream& stream) {
  while (!stream.waiting.empty() && call.work_left > 0) {
    const Stream::Waiting round = stream.waiting.front();
    if (call.arrival - round.end > CatchUp::kBound) stream.catch_up.Begin();
    if (!RunRules(call, stream, round)) break;
    stream.last_round = round.end;
    stream.waiting.erase(stream.waiting.begin());
  }
  if (stream.catch_up.active() && stream.waiting.empty() &&
      call.arrival - stream.last_round <= CatchUp::kBound) {
    std::ranges::move(stream.catch_up.End(), std::back_inserter(call.out.alerts));
  }
  streams_.Touch(stream);
}

bool Rounds::RunRules(EngineCall& call, Stream& stream, const Stream::Waiting& round) {
  size_t from = awake_.TakeNext(stream);
  while (auto found = awake_.Next(stream, from)) {
    const auto [group, rule] = *found;
    if (call.work_left <= 0) {
      stream.next = {rule->number, rule->key};
      return false;
    }
    from = rule->number + 1;
    if (!IsDue(*group, *rule, stream.last_round, round.end)) continue;
    runner_.Run(call, *group, *rule, stream, round.end, StepOf(*group, *rule, round.interval));
  }
  return true;
}

}  // namespace forewarn
