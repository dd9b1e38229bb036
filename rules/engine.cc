#include "rules/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "rules/alert_book.h"
#include "rules/awake_rules.h"
#include "rules/contact_alert.h"
#include "rules/detector_book.h"
#include "rules/evidence.h"
#include "rules/grid.h"
#include "rules/judge.h"
#include "rules/rounds.h"
#include "rules/rule_file.h"
#include "rules/rule_runner.h"
#include "rules/rule_set.h"
#include "rules/shadow.h"
#include "rules/stream.h"

namespace forewarn {

struct Engine::Impl {
  Impl(const SeriesSource& source, const Contacts& contacts, const Limits& limits,
       const NumberedSource* numbers)
      : source(source),
        contacts(contacts),
        limits(limits),
        has_numbers(numbers != nullptr),
        live(numbers, {limits.live_samples}),
        awake(numbers, alerts, streams) {}

  void PlanNet(EngineCall& call, std::vector<AlertChange> net);

  void ObserveContacts(EngineCall& call, std::span<const ProbeState> changed);
  void MakeUnknown(EngineCall& call, const ProbeState& probe);
  void Retire(EngineCall& call, const ProbeState& probe);
  void End(EngineCall& call, Fingerprint id, Timestamp arrival);

  void WorkOff(EngineCall& call);

  Conclusions Finish(EngineCall& call);

  // Fixed after construction.
  const SeriesSource& source;
  const Contacts& contacts;
  const Limits limits;
  const bool has_numbers;

  // Changes.
  Timestamp last_arrival = kTimeZero;
  std::shared_ptr<const PreparedRules> rules = std::make_shared<PreparedRules>();
  AlertBook alerts;
  StreamBook streams;
  DetectorBook detectors;
  LiveRules live;
  AwakeRules awake;
  RuleRunner runner{source, contacts, alerts, streams, live};
  Grid grid{rules, contacts, streams, awake, runner};
  Rounds rounds{source, streams, detectors, awake, runner};
};

void Engine::Impl::PlanNet(EngineCall& call, std::vector<AlertChange> net) {
  std::ranges::move(net, std::back_inserter(call.out.alerts));
}

// The probes' states have changed; whatever they were before, their alerts become what they say now.
void Engine::Impl::ObserveContacts(EngineCall& call, std::span<const ProbeState> changed) {
  std::set<std::pair<std::string, std::string>> concerned;
  for (const ProbeState& probe : changed) {
    if (IsSilent(probe)) MakeUnknown(call, probe);
    if (probe.contact == Contact::kRetired) Retire(call, probe);
    if (ConcernsContactLost(probe, contacts, alerts)) {
      concerned.emplace(probe.identity.customer, probe.identity.installation);
    }
  }
  for (const auto& [customer, installation] : concerned) {
    std::optional<AlertChange> change =
        UpdateContactLost(customer, installation, contacts, call.arrival, alerts);
    if (change) call.out.alerts.push_back(*std::move(change));
  }
}

void Engine::Impl::MakeUnknown(EngineCall& call, const ProbeState& probe) {
  auto is_silent = [&](const std::string& id) {
    const ProbeState* other = contacts.Find(id);
    return other != nullptr && IsSilent(*other);
  };
  std::vector<Fingerprint> concerned;
  for (Fingerprint id : alerts.OfProbe(probe.identity.probe)) {
    const AlertRecord& record = *alerts.Find(id);
    if (record.rule == ContactLostKey() || record.life.alert.state != AlertState::kFiring) continue;
    // As long as one probe speaks, evaluations go on and say more than we could here.
    if (std::ranges::all_of(record.life.alert.probes, is_silent)) concerned.push_back(id);
  }
  for (Fingerprint id : concerned) {
    AlertRecord& record = *alerts.Find(id);
    Stream* stream = streams.Find(record.stream);
    FW_CHECK(stream != nullptr);
    Alert before = record.life.alert;
    Timestamp at = stream->now();
    if (!LoseContact(record.life, at)) continue;
    alerts.Touch(id);
    runner.Emit(call, *stream, before, record.life.alert, at);
  }
}

void Engine::Impl::Retire(EngineCall& call, const ProbeState& probe) {
  auto is_retired = [&](const std::string& id) {
    const ProbeState* other = contacts.Find(id);
    return other == nullptr || other->contact == Contact::kRetired;
  };
  std::vector<Fingerprint> concerned;
  for (Fingerprint id : alerts.OfProbe(probe.identity.probe)) {
    const AlertRecord& record = *alerts.Find(id);
    if (record.rule == ContactLostKey()) continue;
    if (std::ranges::all_of(record.life.alert.probes, is_retired)) concerned.push_back(id);
  }
  for (Fingerprint id : concerned) End(call, id, call.arrival);
  const ProbeIdentity& identity = probe.identity;
  const std::string stream = StreamId(identity.customer, identity.installation, identity.probe);
  if (Stream* own = streams.Find(stream)) {
    PlanNet(call, own->catch_up.End());
    live.Forget(*own);
    awake.Forget(*own);
  }
  streams.Remove(stream);
  detectors.Forget(identity.probe);
}

// The alert's rule or probes are no more. What was held back of it is planned first.
void Engine::Impl::End(EngineCall& call, Fingerprint id, Timestamp arrival) {
  AlertRecord& record = *alerts.Find(id);
  Timestamp at = arrival;
  if (Stream* stream = streams.Find(record.stream)) {
    PlanNet(call, stream->catch_up.TakeNet());
    streams.Touch(*stream);
    at = stream->now();
  }
  AlertState before = record.life.alert.state;
  EndAlert(record.life, at);
  call.out.alerts.push_back({before, record.life.alert, at, !IsShadow(record.life.alert), false});
  alerts.Remove(id);
}

// What entries left over, of the streams with the least to make up first.
void Engine::Impl::WorkOff(EngineCall& call) {
  while (!streams.behind().empty() && call.instants_left > 0 && call.work_left > 0) {
    Stream& stream = *streams.Find(streams.behind().begin()->second);
    if (stream.probe.empty()) {
      grid.Work(call, stream);
    } else {
      rounds.Work(call, stream);
      grid.Advance(call, stream.customer, stream.installation, std::nullopt);
    }
  }
}

Engine::Conclusions Engine::Impl::Finish(EngineCall& call) {
  while (!streams.due().empty() && streams.due().begin()->first <= call.arrival) {
    Stream& stream = *streams.Find(streams.due().begin()->second);
    PlanNet(call, stream.catch_up.TakeNet());
    streams.Touch(stream);
  }
  last_arrival = call.arrival;
  alerts.TakeChanges(call.out.state);
  streams.TakeChanges(call.out.state);
  detectors.TakeChanges(call.out.state);
  return std::move(call.out);
}

Engine::Engine(const SeriesSource& source, const Contacts& contacts)
    : Engine(source, contacts, Limits()) {}

Engine::Engine(const SeriesSource& source, const Contacts& contacts, const Limits& limits,
               const NumberedSource* numbers)
    : impl_(std::make_unique<Impl>(source, contacts, limits, numbers)) {}

Engine::~Engine() = default;

Engine::Conclusions Engine::Load(const Bundle& bundle, Timestamp arrival) {
  return Load(std::make_shared<const PreparedRules>(bundle), arrival);
}

Engine::Conclusions Engine::Load(std::shared_ptr<const PreparedRules> rules, Timestamp arrival) {
  EngineCall call = {arrival, nullptr, 0, 0, {}};
  if (!rules->mistakes.empty()) {
    // They were checked when they were applied, so this is a version that has become stricter. The
    // rules stay as they were: alerts are not ended by our own change of mind.
    for (const RuleMistake& mistake : rules->mistakes)
      call.out.problems.push_back(mistake.ToString());
    return std::move(call.out);
  }
  impl_->rules = rules;
  impl_->live.SetRules({rules, &rules->live});
  impl_->awake.SetRules(rules);
  impl_->detectors.SetSpecs(rules->detectors);
  std::set<Fingerprint> group_keys;
  std::set<Fingerprint> rule_keys;
  for (const PreparedGroup& group : rules->groups) group_keys.insert(group.key);
  for (const auto& [key, number] : rules->by_key) rule_keys.insert(key);
  std::vector<Fingerprint> orphans;
  for (const auto& [id, record] : impl_->alerts.all()) {
    if (record.rule == ContactLostKey()) continue;
    const std::string& customer = record.life.alert.customer;
    auto [first, last] = rules->by_key.equal_range(record.rule);
    auto is_for = [&](const auto& item) {
      return rules->by_number[item.second].rule->IsFor(customer);
    };
    if (std::none_of(first, last, is_for)) orphans.push_back(id);
  }
  for (Fingerprint id : orphans) impl_->End(call, id, arrival);
  impl_->streams.KeepOnly(group_keys, rule_keys);
  impl_->runner.ForgetTroubles();
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
                                    const WriteDerived& write, const Applied* applied) {
  FW_CHECK(impl_->has_numbers == (applied != nullptr));
  const WriteDerived told = [&](const Labels& labels, Sample sample) {
    const bool is_first = write(labels, sample);
    impl_->detectors.NoticeDerived(labels.Get("probe"), labels, sample.at);
    return is_first;
  };
  const bool has_detectors = !impl_->rules->detectors.empty();
  EngineCall call = {entry.arrival,
                     has_detectors ? &told : &write,
                     impl_->limits.instants,
                     impl_->limits.work,
                     {}};
  impl_->live.Begin(applied);
  impl_->awake.Begin(applied);
  impl_->ObserveContacts(call, changed);

  // Silence may have let watermarks pass: they are taken over fresh probes.
  std::map<std::pair<std::string, std::string>, std::optional<Timestamp>> installations;
  for (const ProbeState& probe : changed) {
    installations.try_emplace({probe.identity.customer, probe.identity.installation});
  }
  if (const Batch* batch = std::get_if<Batch>(&entry.what)) {
    impl_->rounds.Observe(call, *batch);
    for (const Round& round : batch->rounds) {
      std::optional<Timestamp>& first =
          installations[{batch->source.customer, batch->source.installation}];
      if (!first || round.end < *first) first = round.end;
    }
  }
  for (const auto& [installation, first] : installations) {
    impl_->grid.Advance(call, installation.first, installation.second, first);
  }
  if (std::holds_alternative<Tick>(entry.what)) impl_->WorkOff(call);
  impl_->live.End();
  impl_->awake.End();
  return impl_->Finish(call);
}

std::optional<Timestamp> Engine::NextTimer() const {
  if (!impl_->streams.behind().empty()) return impl_->last_arrival;
  if (impl_->streams.due().empty()) return std::nullopt;
  return impl_->streams.due().begin()->first;
}

std::vector<Alert> Engine::Alerts() const {
  std::vector<Alert> alerts;
  for (const auto& [id, record] : impl_->alerts.all()) alerts.push_back(record.life.alert);
  return alerts;
}

std::map<std::string, uint64_t> Engine::ShadowFirings() const {
  std::map<std::string, uint64_t> firings = impl_->runner.shadow_firings();
  for (const PreparedGroup& group : impl_->rules->groups) {
    for (const PreparedRule& rule : group.rules) {
      if (rule.rule.forewarn.shadow) firings.try_emplace(rule.rule.name, 0);
    }
  }
  return firings;
}

Engine::Evaluations Engine::evaluations() const {
  return {impl_->live.live(), impl_->live.general()};
}

const std::vector<PreparedGroup>& Engine::groups() const { return impl_->rules->groups; }

std::string Engine::LastError(const PreparedRule& rule) const {
  return impl_->runner.LastError(rule.key);
}

std::vector<Engine::RuleStatus> Engine::Rules(Timestamp now) const {
  std::map<std::string, bool> matched;  // rules share selectors
  auto is_matched = [&](const Matchers& selector, const std::string& text) {
    auto [at, is_new] = matched.try_emplace(text, true);
    if (is_new) {
      // One is enough to know; a failure says that there is more than that.
      StatusOr<std::vector<SeriesData>> found = impl_->source.Select(
          selector, now - kMatchedWithin, now + kMatchedWithin, SelectLimits{.max_series = 1});
      at->second = !found.ok() || !found->empty();
    }
    return at->second;
  };
  std::vector<RuleStatus> rules;
  for (const PreparedGroup& group : impl_->rules->groups) {
    for (const PreparedRule& rule : group.rules) {
      RuleStatus& status = rules.emplace_back();
      status.file = group.file;
      status.group = group.name;
      status.name = rule.rule.name;
      status.expression = rule.rule.expression.ToString();
      status.alerting = rule.rule.alerting;
      status.per_round = rule.per_round;
      status.shadow = rule.rule.forewarn.shadow;
      status.why_general = rule.why_general;
      status.last_error = LastError(rule);
      for (const Matchers& selector : rule.roots) {
        std::string text = DescribeSelector(selector);
        bool is_named = std::ranges::find(status.unmatched, text) != status.unmatched.end();
        if (!is_named && !is_matched(selector, text)) status.unmatched.push_back(std::move(text));
      }
    }
  }
  return rules;
}

}  // namespace forewarn
