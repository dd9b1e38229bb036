#include "notifier/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/units.h"
#include "notifier/facts.h"
#include "notifier/reader.h"
#include "notifier/template_id.h"

namespace forewarn {
namespace {

// The alert that the rules raise for an installation that is silent.
constexpr std::string_view kContactLostRule = "ContactLost";

constexpr size_t kOutcomeBytes = 1000;

std::vector<const Alert*> Pointers(const std::vector<Alert>& alerts) {
  std::vector<const Alert*> out;
  for (const Alert& alert : alerts) out.push_back(&alert);
  return out;
}

// Whether the last alert left a ticket that a person had closed before.
bool IsEndOfClosed(const IncidentChange& change) {
  const Ticket& ticket = change.ticket;
  return ticket.state == TicketState::kClosed && !change.left.empty() && ticket.alerts.empty() &&
         ticket.more_alerts.empty();
}

}  // namespace

void Planner::SetBundle(const Bundle& bundle) {
  bundle_ = bundle;
  bundle_.rule_files.clear();  // of no use here
  bundle_.files.clear();
  router_.SetRoutes(bundle_.routes);
}

void Planner::Restore(Notification notification) {
  FW_CHECK(outbox_.Find(notification.id) == nullptr);
  outbox_.Put(std::move(notification));
}

void Planner::Restore(Silence silence) { silences_.Restore(std::move(silence)); }

Status Planner::Apply(const Entry& entry, uint64_t sequence,
                      std::span<const IncidentChange> incidents, const FindTicket& find_ticket,
                      Plan& plan) {
  Draft draft(partition_, sequence, entry.arrival, bundle_, outbox_, plan);
  std::string expired_for;
  const auto* command = std::get_if<Command>(&entry.what);
  if (command != nullptr) FW_RETURN_IF_ERROR(TakeCommand(*command, draft, plan, expired_for));
  plan.forgotten = outbox_.Forget(entry.arrival);
  for (const IncidentChange& change : incidents) {
    switch (change.step) {
      case IncidentStep::kOpened:
      case IncidentStep::kReopened:
      case IncidentStep::kUpdated:
        TellSupport(change, draft);
        WarnCustomer(change, draft);
        // Who closed a ticket promised nothing to the customer; the warning did.
        if (IsEndOfClosed(change)) GiveAllClear(change, draft);
        break;
      case IncidentStep::kResolved:
        TellSupportItIsOver(change, draft);
        GiveAllClear(change, draft);
        break;
      case IncidentStep::kUnknown:       // silence is no news, good or bad
      case IncidentStep::kAcknowledged:  // people know what they do
      case IncidentStep::kClosed: break;
    }
  }
  // Not with commands that may yet be refused.
  if (command == nullptr || !expired_for.empty())
    MakeUpForSilences(expired_for, find_ticket, router_, silences_, draft);
  return OkStatus();
}

std::optional<Timestamp> Planner::NextTimer() const { return outbox_.NextLook(); }

// --- Commands. ---

Status Planner::TakeCommand(const Command& command, Draft& draft, Plan& plan,
                            std::string& expired_for) {
  if (const auto* add = std::get_if<AddSilenceCommand>(&command)) {
    FW_RETURN_IF_ERROR(silences_.Add(add->silence, draft.now()));
    plan.silences.push_back(add->silence);
  } else if (const auto* expire = std::get_if<ExpireSilenceCommand>(&command)) {
    FW_ASSIGN_OR_RETURN(Silence expired, silences_.Expire(expire->id, draft.now()));
    expired_for = expired.customer;
    plan.silences.push_back(std::move(expired));
  } else if (const auto* report = std::get_if<DeliveryCommand>(&command)) {
    TakeReport(*report, draft);
  }
  return OkStatus();
}

void Planner::TakeReport(const DeliveryCommand& command, Draft& draft) {
  const Notification* found = outbox_.Find(command.notification);
  if (found == nullptr || found->state != DeliveryState::kWaiting) return;
  Notification notification = *found;
  std::string outcome = command.outcome.substr(0, kOutcomeBytes);
  bool is_retry = command.result == DeliveryCommand::Result::kRetry;
  // The same report twice: the dispatcher hands on what it could not tell us the first time.
  if (is_retry && notification.attempts > 0 && notification.outcome == outcome &&
      notification.next_attempt_at == command.next_attempt_at) {
    return;
  }
  ++notification.attempts;
  notification.outcome = outcome;
  std::string what;
  std::string result;
  switch (command.result) {
    case DeliveryCommand::Result::kRetry:
      notification.next_attempt_at = command.next_attempt_at;
      what = "notify_delayed";
      result =
          fmt::format("not delivered yet, next attempt at {}", FormatTime(command.next_attempt_at));
      break;
    case DeliveryCommand::Result::kDelivered:
      notification.state = DeliveryState::kDelivered;
      what = "notified";
      result = "delivered";
      break;
    case DeliveryCommand::Result::kDead:
      notification.state = DeliveryState::kDead;
      what = "not_notified";
      result = "given up";
      break;
  }
  if (!is_retry) notification.settled_at = draft.now();
  bool visible = notification.audience == Audience::kCustomer &&
                 notification.state == DeliveryState::kDelivered;
  // Of many failed attempts the 1st, 2nd, 4th, 8th, … are worth a line.
  if (!is_retry || std::has_single_bit(notification.attempts)) {
    draft.Line(notification.ticket, std::move(what),
               fmt::format("{} to {}: {}, attempt {}: {}", notification.template_id,
                           Addressees(notification), result, notification.attempts, outcome),
               visible);
  }
  draft.Change(std::move(notification));
}

// --- Support. ---

void Planner::TellSupport(const IncidentChange& change, Draft& draft) {
  std::vector<const Alert*> alerts = Pointers(change.joined);
  if (change.severity_raised) {
    for (const Alert& alert : change.ticket.alerts) {
      bool is_joined = std::any_of(alerts.begin(), alerts.end(),
                                   [&](const Alert* joined) { return joined->id == alert.id; });
      if (!is_joined && SeverityOf(alert) == change.ticket.severity) alerts.push_back(&alert);
    }
  }
  if (alerts.empty()) return;
  bool begins = change.step != IncidentStep::kUpdated;
  std::map<std::string, Router::Told> told =
      router_.Follow(Audience::kSupport, alerts, draft.now());
  if (begins && told.empty()) {
    draft.Line(change.ticket.number, "not_notified", "support was not told: no route matches");
  }
  for (const auto& [receiver, to] : told) {
    Notification notification;
    notification.receiver = receiver;
    notification.template_id = kTicketOpened;
    if (begins) {
      if (change.step == IncidentStep::kReopened) notification.template_id = kTicketReopened;
      if (change.ticket.rule == kContactLostRule) notification.template_id = kContactLostText;
    } else if (outbox_.Heard(change.ticket.number, receiver)) {
      if (!change.severity_raised) continue;
      notification.template_id = kTicketUpdated;
    } else if (to.silence != nullptr && !change.severity_raised) {
      // Was stopped at the beginning, and still is.
      LookEarlier(change.ticket.number, receiver, to.silence->to, draft);
      continue;
    }
    notification.customer = change.ticket.customer;
    notification.ticket = change.ticket.number;
    notification.audience = Audience::kSupport;
    const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
    notification.facts = ToAttributes(FactsOf(change, to.silence == nullptr ? to.alerts : alerts,
                                              customer, notification.locale, draft.now()));
    draft.Add(std::move(notification), to.silence);
  }
}

void Planner::TellSupportItIsOver(const IncidentChange& change, Draft& draft) {
  std::set<std::string> receivers;
  for (const Notification* notification : outbox_.Of(change.ticket.number)) {
    if (notification->audience == Audience::kSupport) receivers.insert(notification->receiver);
  }
  const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
  for (const std::string& receiver : receivers) {
    if (!outbox_.BelievesItOpen(change.ticket.number, receiver)) continue;
    Notification notification;
    notification.customer = change.ticket.customer;
    notification.ticket = change.ticket.number;
    notification.receiver = receiver;
    notification.audience = Audience::kSupport;
    notification.template_id = kTicketResolved;
    Facts facts =
        FactsOf(change, Pointers(change.left), customer, notification.locale, draft.now());
    AddEnding(change.ticket, facts);
    notification.facts = ToAttributes(std::move(facts));
    draft.Add(std::move(notification), silences_.StoppingAll(change.left, draft.now()));
  }
}

// --- The customer. ---

void Planner::WarnCustomer(const IncidentChange& change, Draft& draft) {
  std::map<std::string, std::vector<const Alert*>> by_template;
  for (const Alert& alert : change.joined) {
    if (!alert.warning_template.empty()) by_template[WarningTemplateOf(alert)].push_back(&alert);
  }
  uint64_t ticket = change.ticket.number;
  const Customer* customer = bundle_.FindCustomer(change.ticket.customer);
  for (const auto& [template_id, alerts] : by_template) {
    std::map<std::string, Router::Told> told =
        router_.Follow(Audience::kCustomer, alerts, draft.now());
    if (told.empty()) {
      draft.Line(ticket, "not_notified", "the customer was not warned: no route matches");
    }
    for (const auto& [receiver, to] : told) {
      std::vector<const Alert*> about = to.silence == nullptr ? to.alerts : alerts;
      std::erase_if(about,
                    [&, &receiver = receiver, &template_id = template_id](const Alert* alert) {
                      return outbox_.WasWarned(ticket, receiver, template_id, *alert);
                    });
      if (about.empty()) continue;
      Reader reader =
          ReaderOf(Audience::kCustomer, receiver, bundle_.FindReceiver(receiver), customer);
      Notification notification;
      notification.customer = change.ticket.customer;
      notification.ticket = ticket;
      notification.receiver = receiver;
      notification.audience = Audience::kCustomer;
      notification.template_id = template_id;
      notification.facts =
          ToAttributes(FactsOf(change, about, customer, reader.locale, draft.now()));
      draft.Add(std::move(notification), to.silence);
    }
  }
}

void Planner::GiveAllClear(const IncidentChange& change, Draft& draft) {
  // The last warning of each kind that no all-clear followed, in the order of planning.
  std::map<std::pair<std::string, std::string>, const Notification*> open;
  for (const Notification* notification : outbox_.Of(change.ticket.number)) {
    if (notification->audience != Audience::kCustomer ||
        notification->state == DeliveryState::kSuppressed) {
      continue;
    }
    if (IsEnding(*notification)) {
      open.erase({notification->receiver, WarningOf(notification->template_id)});
    } else {
      open[{notification->receiver, notification->template_id}] = notification;
    }
  }
  if (open.empty()) return;
  if (change.ticket.unproven) {
    bool was_warned = std::ranges::any_of(
        open, [](const auto& item) { return item.second->state != DeliveryState::kDead; });
    if (was_warned) draft.Line(change.ticket.number, "not_notified", std::string(kNoProof));
    return;
  }
  std::vector<Notification> all_clear;
  for (const auto& [key, warning] : open) {
    Notification notification;
    notification.customer = warning->customer;
    notification.ticket = warning->ticket;
    notification.receiver = warning->receiver;
    notification.audience = Audience::kCustomer;
    notification.template_id = AllClearOf(warning->template_id);
    Facts facts = FromAttributes(warning->facts);
    facts.erase("late");
    if (change.late) facts["late"] = "yes";
    AddEnding(change.ticket, facts);
    notification.facts = ToAttributes(std::move(facts));
    all_clear.push_back(std::move(notification));
  }
  const Silence* silence = silences_.StoppingAll(change.left, draft.now());
  for (Notification& notification : all_clear) draft.Add(std::move(notification), silence);
}

}  // namespace forewarn
