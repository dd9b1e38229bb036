#include "rules/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "rules/alert_book.h"
#include "rules/contact_alert.h"
#include "rules/detector_book.h"
#include "rules/evaluate.h"
#include "rules/evidence.h"
#include "rules/judge.h"
#include "rules/rule_file.h"
#include "rules/rule_set.h"
#include "rules/stream.h"

namespace forewarn {
namespace {

// Instants of one group that may become due with one entry, so that an installation that was away
// for years does not stop its shard. More than the accepted age of data holds at a step of a
// minute.
constexpr int64_t kInstantsMax = 12'000;

// The same complaint about a rule is repeated after this long, on arrival time.
constexpr Duration kRepeatProblemAfter = 1h;

Timestamp FloorTo(Timestamp at, Duration step) {
  Duration since = at.time_since_epoch();
  Duration rest = since % step;
  if (rest < Duration(0)) rest += step;
  return Timestamp(since - rest);
}

}  // namespace

struct Engine::Impl {
  Impl(const SeriesSource& source, const Contacts& contacts) : source(source), contacts(contacts) {}

  // What one call is doing and what comes of it.
  struct Call {
    Timestamp arrival;
    const WriteDerived* write = nullptr;
    Conclusions out;
  };

  // Notes a failure under `key`; `what` is where it happened.
  void Report(Call& call, Fingerprint key, const std::string& what, const Status& status);
  void Emit(Call& call, Stream& stream, const std::optional<Alert>& before, const Alert& after,
            Timestamp at);
  void PlanNet(Call& call, std::vector<AlertChange> net);

  void ObserveContact(Call& call, const ProbeState& probe);
  void MakeUnknown(Call& call, const ProbeState& probe);
  void Retire(Call& call, const ProbeState& probe);
  void End(Call& call, Fingerprint id, Timestamp arrival);

  void ObserveRounds(Call& call, const Batch& batch);
  void ObserveGrid(Call& call, const std::string& customer, const std::string& installation,
                   std::optional<Timestamp> first_round);
  void StartGrid(Call& call, Stream& stream, Timestamp first, Timestamp watermark);

  void RunRule(Call& call, const PreparedGroup& group, const PreparedRule& rule, Stream& stream,
               Timestamp at, Duration step);
  Status RunAlerting(Call& call, const Trial& trial, Stream& stream, const ScopeLabels& scope,
                     const SeriesSource& scoped);
  Status RunRecording(Call& call, const Trial& trial, const ScopeLabels& scope,
                      const SeriesSource& scoped);

  Conclusions Finish(Call& call);

  // Fixed after construction.
  const SeriesSource& source;
  const Contacts& contacts;
  const promql::EvalLimits limits;

  // Changes.
  std::vector<PreparedGroup> groups;
  AlertBook alerts;
  StreamBook streams;
  DetectorBook detectors;
  // Not kept over a restart: what rules complained of last, and when we last said so.
  struct Trouble {
    std::string now;
    std::string reported;
    Timestamp reported_at;
  };
  std::map<Fingerprint, Trouble> troubles;
};

void Engine::Impl::Report(Call& call, Fingerprint key, const std::string& what,
                          const Status& status) {
  Trouble& trouble = troubles[key];
  trouble.now = status.message();
  if (trouble.reported == trouble.now && call.arrival - trouble.reported_at < kRepeatProblemAfter)
    return;
  trouble.reported = trouble.now;
  trouble.reported_at = call.arrival;
  call.out.problems.push_back(fmt::format("{}: {}", what, status.message()));
}

void Engine::Impl::Emit(Call& call, Stream& stream, const std::optional<Alert>& before,
                        const Alert& after, Timestamp at) {
  std::optional<AlertState> state_before;
  if (before) state_before = before->state;
  AlertChange change = {state_before, after, at, true, false};
  stream.catch_up.Pass(change, before, call.arrival);
  streams.Touch(stream);
  call.out.alerts.push_back(std::move(change));
}

void Engine::Impl::PlanNet(Call& call, std::vector<AlertChange> net) {
  std::ranges::move(net, std::back_inserter(call.out.alerts));
}

// The probe's state has changed; whatever it was before, its alerts become what it says now.
void Engine::Impl::ObserveContact(Call& call, const ProbeState& probe) {
  if (IsSilent(probe)) MakeUnknown(call, probe);
  if (probe.contact == Contact::kRetired) Retire(call, probe);
  std::optional<AlertChange> change = UpdateContactLost(
      probe.identity.customer, probe.identity.installation, contacts, call.arrival, alerts);
  if (change) call.out.alerts.push_back(*std::move(change));
}

void Engine::Impl::MakeUnknown(Call& call, const ProbeState& probe) {
  auto is_silent = [&](const std::string& id) {
    const ProbeState* other = contacts.Find(id);
    return other != nullptr && IsSilent(*other);
  };
  std::vector<Fingerprint> concerned;
  for (const auto& [id, record] : alerts.all()) {
    const std::vector<std::string>& probes = record.life.alert.probes;
    if (record.rule == ContactLostKey() || record.life.alert.state != AlertState::kFiring) continue;
    if (std::ranges::find(probes, probe.identity.probe) == probes.end()) continue;
    // As long as one probe speaks, evaluations go on and say more than we could here.
    if (std::ranges::all_of(probes, is_silent)) concerned.push_back(id);
  }
  for (Fingerprint id : concerned) {
    AlertRecord& record = *alerts.Find(id);
    Stream* stream = streams.Find(record.stream);
    FW_CHECK(stream != nullptr);
    Alert before = record.life.alert;
    Timestamp at = stream->now();
    if (!LoseContact(record.life, at)) continue;
    alerts.Touch(id);
    Emit(call, *stream, before, record.life.alert, at);
  }
}

void Engine::Impl::Retire(Call& call, const ProbeState& probe) {
  auto is_retired = [&](const std::string& id) {
    const ProbeState* other = contacts.Find(id);
    return other == nullptr || other->contact == Contact::kRetired;
  };
  std::vector<Fingerprint> concerned;
  for (const auto& [id, record] : alerts.all()) {
    const std::vector<std::string>& probes = record.life.alert.probes;
    if (record.rule == ContactLostKey()) continue;
    if (std::ranges::find(probes, probe.identity.probe) == probes.end()) continue;
    if (std::ranges::all_of(probes, is_retired)) concerned.push_back(id);
  }
  for (Fingerprint id : concerned) End(call, id, call.arrival);
  const ProbeIdentity& identity = probe.identity;
  std::string stream =
      Stream{identity.customer, identity.installation, identity.probe, {}, {}, {}}.id();
  if (Stream* own = streams.Find(stream)) PlanNet(call, own->catch_up.End());
  streams.Remove(stream);
  detectors.Forget(identity.probe);
}

// The alert's rule or probes are no more. What was held back of it is planned first.
void Engine::Impl::End(Call& call, Fingerprint id, Timestamp arrival) {
  AlertRecord& record = *alerts.Find(id);
  Timestamp at = arrival;
  if (Stream* stream = streams.Find(record.stream)) {
    PlanNet(call, stream->catch_up.TakeNet());
    streams.Touch(*stream);
    at = stream->now();
  }
  AlertState before = record.life.alert.state;
  EndAlert(record.life, at);
  call.out.alerts.push_back({before, record.life.alert, at, true, false});
  alerts.Remove(id);
}

void Engine::Impl::ObserveRounds(Call& call, const Batch& batch) {
  if (batch.rounds.empty()) return;
  const ProbeIdentity& identity = batch.source;
  Stream& stream = streams.Get(identity.customer, identity.installation, identity.probe);
  std::vector<Round> rounds = batch.rounds;
  std::ranges::stable_sort(rounds, {}, &Round::end);
  for (const Round& round : rounds) {
    if (round.end <= stream.last_round) continue;  // what was concluded is never rewritten
    if (call.arrival - round.end > CatchUp::kBound) stream.catch_up.Begin();
    Timestamp before = std::exchange(stream.last_round, round.end);
    Status fed = detectors.Observe(
        identity.probe,
        ScopedSource(source, identity.customer, identity.installation, identity.probe), before,
        round.end, *call.write);
    if (!fed.ok()) Report(call, Fingerprint::Of(identity.probe), "probe " + identity.probe, fed);
    for (const PreparedGroup& group : groups) {
      for (const PreparedRule& rule : group.rules) {
        if (rule.per_round) RunRule(call, group, rule, stream, round.end, round.interval);
      }
    }
  }
  if (stream.catch_up.active() && call.arrival - stream.last_round <= CatchUp::kBound) {
    PlanNet(call, stream.catch_up.End());
  }
  streams.Touch(stream);
}

// Sets groups that are new to the installation on the grid, and skips what is too much at once.
void Engine::Impl::StartGrid(Call& call, Stream& stream, Timestamp first, Timestamp watermark) {
  for (const PreparedGroup& group : groups) {
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

void Engine::Impl::ObserveGrid(Call& call, const std::string& customer,
                               const std::string& installation,
                               std::optional<Timestamp> first_round) {
  if (std::ranges::none_of(groups, &PreparedGroup::has_grid_rules)) return;
  std::optional<Timestamp> watermark = contacts.Watermark(customer, installation);
  if (!watermark) return;
  Stream& stream = streams.Get(customer, installation, "");
  StartGrid(call, stream, first_round ? std::min(*first_round, *watermark) : *watermark,
            *watermark);
  while (true) {
    std::optional<Timestamp> next;
    for (const PreparedGroup& group : groups) {
      if (!group.has_grid_rules) continue;
      Timestamp due = *stream.FindInstant(group.key) + group.interval;
      if (due <= *watermark && (!next || due < *next)) next = due;
    }
    if (!next) break;
    for (const PreparedGroup& group : groups) {
      if (!group.has_grid_rules) continue;
      if (*stream.FindInstant(group.key) + group.interval != *next) continue;
      *stream.FindInstant(group.key) = *next;
      if (call.arrival - *next > CatchUp::kBound + group.interval) stream.catch_up.Begin();
      for (const PreparedRule& rule : group.rules) {
        if (!rule.per_round) RunRule(call, group, rule, stream, *next, group.interval);
      }
    }
  }
  if (stream.catch_up.active() && call.arrival - *watermark <= CatchUp::kBound) {
    PlanNet(call, stream.catch_up.End());
  }
  streams.Touch(stream);
}

void Engine::Impl::RunRule(Call& call, const PreparedGroup& group, const PreparedRule& rule,
                           Stream& stream, Timestamp at, Duration step) {
  AlertTimes times = {rule.rule.hold_for, rule.rule.keep_firing_for, limits.lookback + step};
  Trial trial = {group, rule, stream, at, at - group.query_offset, times};
  ScopeLabels scope = {stream.customer, stream.installation, stream.probe};
  ScopedSource scoped(source, stream.customer, stream.installation, stream.probe);
  Status status = rule.rule.alerting ? RunAlerting(call, trial, stream, scope, scoped)
                                     : RunRecording(call, trial, scope, scoped);
  if (!status.ok()) {
    Report(call, rule.key,
           fmt::format("{}: group '{}', rule '{}'", group.file, group.name, rule.rule.name),
           status);
  } else if (auto it = troubles.find(rule.key); it != troubles.end()) {
    it->second.now.clear();
  }
}

Status Engine::Impl::RunAlerting(Call& call, const Trial& trial, Stream& stream,
                                 const ScopeLabels& scope, const SeriesSource& scoped) {
  // An evaluation that fails says nothing: no alert of the rule moves.
  FW_ASSIGN_OR_RETURN(
      std::vector<AlertResult> results,
      EvaluateAlerts(trial.group, trial.rule, scoped, scope, trial.data_at, limits));
  Evidence evidence(scoped, trial.rule.roots, limits.select, limits.lookback);
  return Judge(trial, std::move(results), evidence, contacts, alerts,
               [&](const std::optional<Alert>& before, const Alert& after) {
                 Emit(call, stream, before, after, trial.at);
               });
}

Status Engine::Impl::RunRecording(Call& call, const Trial& trial, const ScopeLabels& scope,
                                  const SeriesSource& scoped) {
  FW_ASSIGN_OR_RETURN(
      std::vector<DerivedSample> results,
      EvaluateRecording(trial.group, trial.rule, scoped, scope, trial.data_at, limits));
  StreamBook::Recorded recorded;
  for (const DerivedSample& result : results) {
    (*call.write)(result.labels, {trial.data_at, result.value});
    recorded.push_back(result.labels.fingerprint());
  }
  std::ranges::sort(recorded);
  StreamBook::Recorded before = streams.GetRecorded(trial.rule.key, trial.stream.id());
  if (before == recorded) return OkStatus();
  streams.SetRecorded(trial.rule.key, trial.stream.id(), recorded);

  // Series that the rule has ceased to write end now, as in Prometheus.
  StreamBook::Recorded ended;
  std::ranges::set_difference(before, recorded, std::back_inserter(ended));
  if (ended.empty()) return OkStatus();
  Matchers name = {Matcher::Equal(std::string(kMetricName), trial.rule.rule.name)};
  FW_ASSIGN_OR_RETURN(
      std::vector<SeriesData> written,
      scoped.Select(name, trial.data_at - limits.lookback, trial.data_at, limits.select));
  for (const SeriesData& series : written) {
    if (std::ranges::binary_search(ended, series.labels.fingerprint())) {
      (*call.write)(series.labels, {trial.data_at, StaleMarker()});
    }
  }
  return OkStatus();
}

Engine::Conclusions Engine::Impl::Finish(Call& call) {
  std::set<std::string> waiting = streams.catching_up();
  for (const std::string& id : waiting) {
    Stream& stream = *streams.Find(id);
    if (!stream.catch_up.due() || *stream.catch_up.due() > call.arrival) continue;
    PlanNet(call, stream.catch_up.TakeNet());
    streams.Touch(stream);
  }
  alerts.TakeChanges(call.out.state);
  streams.TakeChanges(call.out.state);
  detectors.TakeChanges(call.out.state);
  return std::move(call.out);
}

Engine::Engine(const SeriesSource& source, const Contacts& contacts)
    : impl_(std::make_unique<Impl>(source, contacts)) {}

Engine::~Engine() = default;

Engine::Conclusions Engine::Load(const Bundle& bundle, Timestamp arrival) {
  Impl::Call call = {arrival, nullptr, {}};
  RuleFiles files = ParseRuleFiles(bundle.rule_files);
  if (!files.mistakes.empty()) {
    // They were checked when they were applied, so this is a version that has become stricter. The
    // rules stay as they were: alerts are not ended by our own change of mind.
    for (const RuleMistake& mistake : files.mistakes)
      call.out.problems.push_back(mistake.ToString());
    return std::move(call.out);
  }
  impl_->groups = PrepareRules(std::move(files.groups), files.detectors);
  impl_->detectors.SetSpecs(std::move(files.detectors));
  std::set<Fingerprint> group_keys;
  std::set<Fingerprint> rule_keys;
  for (const PreparedGroup& group : impl_->groups) {
    group_keys.insert(group.key);
    for (const PreparedRule& rule : group.rules) rule_keys.insert(rule.key);
  }
  std::vector<Fingerprint> orphans;
  for (const auto& [id, record] : impl_->alerts.all()) {
    if (record.rule != ContactLostKey() && !rule_keys.contains(record.rule)) orphans.push_back(id);
  }
  for (Fingerprint id : orphans) impl_->End(call, id, arrival);
  impl_->streams.KeepOnly(group_keys, rule_keys);
  impl_->troubles.clear();
  return impl_->Finish(call);
}

Status Engine::Restore(StateKind kind, std::string_view id, std::string_view record) {
  if (kind == StateKind::kAlert) {
    return impl_->alerts.Restore(record).With(fmt::format("alert {}", id));
  }
  FW_CHECK(kind == StateKind::kRules);
  if (DetectorBook::IsId(id)) {
    return impl_->detectors.Restore(id, record).With(fmt::format("detector '{}'", id));
  }
  return impl_->streams.Restore(id, record).With(fmt::format("state of rules '{}'", id));
}

Engine::Conclusions Engine::Observe(const Entry& entry, std::span<const ProbeState> changed,
                                    const WriteDerived& write) {
  Impl::Call call = {entry.arrival, &write, {}};
  for (const ProbeState& probe : changed) impl_->ObserveContact(call, probe);

  // Silence may have let watermarks pass: they are taken over fresh probes.
  std::map<std::pair<std::string, std::string>, std::optional<Timestamp>> installations;
  for (const ProbeState& probe : changed) {
    installations.try_emplace({probe.identity.customer, probe.identity.installation});
  }
  if (const Batch* batch = std::get_if<Batch>(&entry.what)) {
    impl_->ObserveRounds(call, *batch);
    for (const Round& round : batch->rounds) {
      std::optional<Timestamp>& first =
          installations[{batch->source.customer, batch->source.installation}];
      if (!first || round.end < *first) first = round.end;
    }
  }
  for (const auto& [installation, first] : installations) {
    impl_->ObserveGrid(call, installation.first, installation.second, first);
  }
  return impl_->Finish(call);
}

std::optional<Timestamp> Engine::NextTimer() const {
  std::optional<Timestamp> next;
  for (const std::string& id : impl_->streams.catching_up()) {
    std::optional<Timestamp> due = impl_->streams.Find(id)->catch_up.due();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

std::vector<Alert> Engine::Alerts() const {
  std::vector<Alert> alerts;
  for (const auto& [id, record] : impl_->alerts.all()) alerts.push_back(record.life.alert);
  return alerts;
}

std::vector<Engine::RuleStatus> Engine::Rules() const {
  std::vector<RuleStatus> rules;
  for (const PreparedGroup& group : impl_->groups) {
    for (const PreparedRule& rule : group.rules) {
      auto trouble = impl_->troubles.find(rule.key);
      rules.push_back({group.file, group.name, rule.rule.name, rule.rule.expression.ToString(),
                       rule.rule.alerting, rule.per_round,
                       trouble == impl_->troubles.end() ? "" : trouble->second.now});
    }
  }
  return rules;
}

}  // namespace forewarn
