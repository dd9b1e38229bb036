#include "rules/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace forewarn {
namespace {

bool IsSilentProbe(const Contacts& contacts, std::string_view id) {
  const ProbeState* probe = contacts.Find(id);
  return probe != nullptr && IsSilent(*probe);
}

// Whether the result can only be there because a probe is silent: nothing is live that it could
// rest on.
bool RestsOnSilence(const Trial& trial, const Evidence::Basis& basis, const Contacts& contacts) {
  if (basis.has_series || trial.rule.roots.empty() || !trial.stream.probe.empty()) return false;
  return contacts.IsAnySilent(trial.stream.customer, trial.stream.installation);
}

Fingerprint AlertId(const Trial& trial, const Labels& labels) {
  return Fingerprint()
      .Add(trial.stream.customer)
      .Add(trial.stream.installation)
      .Add(trial.rule.key.ToString())
      .Add(labels.fingerprint().ToString());
}

std::string GroupKey(const RuleForewarn& forewarn, const Labels& labels) {
  std::string key;
  for (const std::string& label : forewarn.group_by) {
    if (!key.empty()) key += ',';
    key += fmt::format("{}={}", label, labels.Get(label));
  }
  return key;
}

// What the evaluation says of the alert beside that it is true. A probe that had a part in it and
// fell silent keeps it: the alert may not resolve without it.
void Update(AlertResult& result, Evidence::Basis basis, const Contacts& contacts, Alert& alert) {
  for (const std::string& probe : alert.probes) {
    if (IsSilentProbe(contacts, probe)) basis.probes.insert(probe);
  }
  alert.value = result.value;
  alert.annotations = std::move(result.annotations);
  alert.predicted_breach = result.predicted_breach;
  alert.probes.assign(basis.probes.begin(), basis.probes.end());
}

StatusOr<Evidence::Basis> BasisOf(const Trial& trial, const Labels& result, Evidence& evidence) {
  if (!trial.stream.probe.empty()) return Evidence::Basis{{trial.stream.probe}, true};
  return evidence.BasisOf(result, trial.data_at);
}

StatusOr<Outcome> OutcomeFor(const Trial& trial, const AlertRecord& record, Evidence& evidence,
                             const Contacts& contacts) {
  if (trial.stream.probe.empty() &&
      std::ranges::any_of(record.life.alert.probes, [&](const std::string& probe) {
        return IsSilentProbe(contacts, probe);
      })) {
    return Outcome::kUnproven;
  }
  Timestamp then = record.life.alert.last_true - trial.group.query_offset;
  FW_ASSIGN_OR_RETURN(Evidence::Since since, evidence.Compare(record.result, then, trial.data_at));
  switch (since) {
    case Evidence::Since::kNews: return Outcome::kFalse;
    case Evidence::Since::kNoNews: return Outcome::kNoNews;
    case Evidence::Since::kGone: return Outcome::kGone;
  }
  return Outcome::kNoNews;
}

Status JudgeTrue(const Trial& trial, AlertResult& result, Evidence& evidence,
                 const Contacts& contacts, AlertBook& book, const EmitStep& emit) {
  FW_ASSIGN_OR_RETURN(Evidence::Basis basis, BasisOf(trial, result.result, evidence));
  Fingerprint id = AlertId(trial, result.labels);
  if (AlertRecord* record = book.Find(id)) {
    Alert& alert = record->life.alert;
    // Nothing new is known while all that it rests on are the last words of silent probes.
    if (alert.state == AlertState::kUnknown && !basis.probes.empty() &&
        std::ranges::all_of(basis.probes, [&](const std::string& probe) {
          return IsSilentProbe(contacts, probe);
        })) {
      return OkStatus();
    }
    Alert before = alert;
    before.predicted_breach = record->life.told_breach;  // as those know it who were told of it
    Update(result, std::move(basis), contacts, alert);
    bool is_step = AdvanceAlert(record->life, Outcome::kTrue, trial.at, trial.times);
    book.Touch(id);
    if (is_step) emit(before, alert);
    return OkStatus();
  }
  if (RestsOnSilence(trial, basis, contacts)) return OkStatus();

  AlertRecord record;
  record.rule = trial.rule.key;
  record.stream = trial.stream.id();
  Alert& alert = record.life.alert;
  alert.id = id;
  alert.customer = trial.stream.customer;
  alert.installation = trial.stream.installation;
  alert.group = trial.group.name;
  alert.rule = trial.rule.rule.name;
  alert.warning_template = trial.rule.rule.forewarn.warning;
  alert.playbook = trial.rule.rule.forewarn.playbook;
  alert.group_key = GroupKey(trial.rule.rule.forewarn, result.labels);
  alert.labels = std::move(result.labels);
  record.result = std::move(result.result);
  Update(result, std::move(basis), contacts, alert);
  StartAlert(record.life, trial.at, trial.times);
  emit(std::nullopt, book.Add(std::move(record)).life.alert);
  return OkStatus();
}

Status JudgeNotTrue(const Trial& trial, Fingerprint id, Evidence& evidence,
                    const Contacts& contacts, AlertBook& book, const EmitStep& emit) {
  AlertRecord& record = *book.Find(id);
  FW_ASSIGN_OR_RETURN(Outcome outcome, OutcomeFor(trial, record, evidence, contacts));
  Alert before = record.life.alert;
  bool is_step = AdvanceAlert(record.life, outcome, trial.at, trial.times);
  book.Touch(id);
  if (is_step) emit(before, record.life.alert);
  if (IsOver(record.life.alert)) book.Remove(id);
  return OkStatus();
}

}  // namespace

Status Judge(const Trial& trial, std::vector<AlertResult> results, Evidence& evidence,
             const Contacts& contacts, AlertBook& book, const EmitStep& emit) {
  Status first_failure;
  auto note = [&](Status status) {
    if (first_failure.ok()) first_failure = std::move(status);
  };
  std::set<Fingerprint> is_true;
  for (const AlertResult& result : results) is_true.insert(AlertId(trial, result.labels));
  for (Fingerprint id : book.Of(trial.rule.key, trial.stream.id())) {
    if (!is_true.contains(id)) note(JudgeNotTrue(trial, id, evidence, contacts, book, emit));
  }
  for (AlertResult& result : results)
    note(JudgeTrue(trial, result, evidence, contacts, book, emit));
  return first_failure;
}

}  // namespace forewarn
