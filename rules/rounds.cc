#include "rules/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "rules/evidence.h"
#include "rules/intervals.h"

namespace forewarn {

void Rounds::Observe(EngineCall& call, const Batch& batch) {
  const ProbeIdentity& identity = batch.source;
  if (!batch.samples.times.empty()) {
    detectors_.Notice(identity.probe, *std::ranges::min_element(batch.samples.times));
  }
  if (batch.rounds.empty()) return;
  Stream& stream = streams_.Get(identity.customer, identity.installation, identity.probe);
  std::vector<Round> rounds = batch.rounds;
  std::ranges::stable_sort(rounds, {}, &Round::end);
  for (const Round& round : rounds) {
    if (round.end <= stream.newest_round()) continue;  // what was concluded is never rewritten
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
    // Once more for a round that goes on, in which it finds what was recorded in between: that is not what it is to
    // stop for again.
    const bool goes_on = stream.next.has_value();
    const uint64_t work = TellDetectors(call, stream, round.end);
    if (!goes_on) call.work_left -= static_cast<int64_t>(work);
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
    // The rules behind it may read what they find.
    if (detectors_.HasNews(stream.probe)) {
      call.work_left -= static_cast<int64_t>(TellDetectors(call, stream, round.end));
    }
  }
  return true;
}

uint64_t Rounds::TellDetectors(EngineCall& call, const Stream& stream, Timestamp end) {
  const ScopedSource scoped(source_, stream.customer, stream.installation, stream.probe);
  const Status told = detectors_.Observe(stream.probe, scoped, end, *call.write);
  if (!told.ok()) {
    runner_.Report(call, Fingerprint::Of(stream.probe), "probe " + stream.probe, told);
  }
  return detectors_.work();
}

}  // namespace forewarn
