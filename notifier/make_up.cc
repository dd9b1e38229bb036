#include "notifier/make_up.h"

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "notifier/facts.h"
#include "notifier/template_id.h"

namespace forewarn {
namespace {

// Whether anything went out to the receiver after this was stopped that tells him the same or better:
// about the ticket; when it is an all-clear, about its kind of warning.
bool HeardSince(const Notification& stopped, const Outbox& outbox) {
  Outbox::Order order = Outbox::OrderOf(stopped);
  bool is_all_clear = stopped.audience == Audience::kCustomer;
  for (const Notification* later : outbox.Of(stopped.ticket)) {
    if (Outbox::OrderOf(*later) <= order || later->audience != stopped.audience ||
        later->receiver != stopped.receiver || later->state == DeliveryState::kSuppressed) {
      continue;
    }
    if (!is_all_clear || later->template_id == stopped.template_id ||
        later->template_id == WarningOf(stopped.template_id)) {
      return true;
    }
  }
  return false;
}

// The alert that a stopped notification speaks of first, as far as silences look at it.
Alert SpokenOf(const Notification& notification) {
  static constexpr std::string_view kLabel = "label.";
  Alert alert;
  alert.customer = notification.customer;
  for (const auto& [name, value] : notification.facts) {
    if (name.starts_with(kLabel)) alert.labels.Set(name.substr(kLabel.size()), value);
  }
  return alert;
}

void MakeUpEnding(const Notification& stopped, const Ticket& ticket, const Silences& silences,
                  Draft& draft) {
  bool is_all_clear = stopped.audience == Audience::kCustomer;
  if (HeardSince(stopped, draft.outbox())) return draft.LookAt(stopped, stopped.created_at);
  if (const Silence* silence = silences.Stopping(SpokenOf(stopped), draft.now())) {
    return draft.LookAt(stopped, silence->to);
  }
  draft.LookAt(stopped, stopped.created_at);
  if (is_all_clear && ticket.unproven) {
    return draft.Line(ticket.number, "not_notified", std::string(kNoProof));
  }
  Notification notification;
  notification.customer = stopped.customer;
  notification.ticket = stopped.ticket;
  notification.receiver = stopped.receiver;
  notification.audience = stopped.audience;
  notification.template_id = stopped.template_id;
  Facts facts = FromAttributes(stopped.facts);
  facts.erase("prevented");
  facts.erase("unproven");
  AddEnding(ticket, facts);
  notification.facts = ToAttributes(std::move(facts));
  draft.Add(std::move(notification), nullptr);
}

// The alerts that a stopped notification would be about now.
std::vector<const Alert*> MissedOf(const Notification& stopped, const Ticket& ticket,
                                   const Outbox& outbox) {
  bool is_warning = stopped.audience == Audience::kCustomer;
  std::vector<const Alert*> missed;
  for (const Alert& alert : ticket.alerts) {
    if (is_warning) {
      bool is_its = !alert.warning_template.empty() &&
                    WarningTemplateOf(alert) == stopped.template_id &&
                    !outbox.WasWarned(ticket.number, stopped.receiver, stopped.template_id, alert);
      if (!is_its) continue;
    }
    missed.push_back(&alert);
  }
  if (is_warning) return missed;

  // Support has heard of the ticket, or of its severity, if anything went out after this was stopped.
  bool heard =
      stopped.template_id != kTicketUpdated && outbox.Heard(ticket.number, stopped.receiver);
  if (heard || HeardSince(stopped, outbox)) missed.clear();
  return missed;
}

void MakeUpBeginning(const Notification& stopped, const Ticket& ticket, const Router& router,
                     Draft& draft) {
  std::vector<const Alert*> missed = MissedOf(stopped, ticket, draft.outbox());
  bool is_missed = !missed.empty();
  std::erase_if(missed, [](const Alert* alert) { return alert->state != AlertState::kFiring; });
  if (is_missed && missed.empty()) return draft.LookAt(stopped, draft.now() + kLookAgain);

  std::map<std::string, Router::Told> told = router.Follow(stopped.audience, missed, draft.now());
  auto to = told.find(stopped.receiver);
  if (to == told.end()) return draft.LookAt(stopped, stopped.created_at);
  if (to->second.silence != nullptr) return draft.LookAt(stopped, to->second.silence->to);

  Notification notification;
  notification.customer = stopped.customer;
  notification.ticket = stopped.ticket;
  notification.receiver = stopped.receiver;
  notification.audience = stopped.audience;
  notification.template_id = stopped.template_id;
  IncidentChange change;
  change.step = IncidentStep::kUpdated;
  change.ticket = ticket;
  notification.facts =
      ToAttributes(FactsOf(change, to->second.alerts, draft.bundle().FindCustomer(ticket.customer),
                           stopped.locale, draft.now()));
  draft.LookAt(stopped, stopped.created_at);
  draft.Add(std::move(notification), nullptr);
}

}  // namespace

void MakeUpForSilences(const std::string& customer, const FindTicket& find_ticket,
                       const Router& router, const Silences& silences, Draft& draft) {
  for (const std::string& id : draft.outbox().ToLookAt(draft.now(), customer)) {
    const Notification* found = draft.outbox().Find(id);
    FW_CHECK(found != nullptr);
    const Notification stopped = *found;  // which changes on the way
    const Ticket* ticket = find_ticket(stopped.ticket);
    bool is_work = ticket != nullptr && (ticket->state == TicketState::kOpen ||
                                         ticket->state == TicketState::kAcknowledged);
    if (ticket == nullptr || is_work == IsEnding(stopped)) {
      draft.LookAt(stopped, stopped.created_at);
    } else if (is_work) {
      MakeUpBeginning(stopped, *ticket, router, draft);
    } else {
      MakeUpEnding(stopped, *ticket, silences, draft);
    }
  }
}

void LookEarlier(uint64_t ticket, const std::string& receiver, Timestamp at, Draft& draft) {
  const Notification* newest = nullptr;  // of those that wait to be looked at
  for (const Notification* notification : draft.outbox().Of(ticket)) {
    bool is_its =
        notification->audience == Audience::kSupport && notification->receiver == receiver;
    if (is_its && Outbox::LookAtOf(*notification)) newest = notification;
  }
  if (newest != nullptr && at < newest->next_attempt_at) draft.LookAt(*newest, at);
}

}  // namespace forewarn
