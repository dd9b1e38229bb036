#include "notifier/make_up.h"

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "notifier/facts.h"
#include "notifier/template_id.h"

namespace forewarn {
namespace {

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
  Outbox::Order order = Outbox::OrderOf(stopped);
  for (const Notification* later : outbox.Of(ticket.number)) {
    heard |= Outbox::OrderOf(*later) > order && later->audience == Audience::kSupport &&
             later->receiver == stopped.receiver && later->state != DeliveryState::kSuppressed;
  }
  if (heard) missed.clear();
  return missed;
}

void MakeUp(const Notification& stopped, const Ticket& ticket, const Router& router, Draft& draft) {
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
                       const Router& router, Draft& draft) {
  for (const std::string& id : draft.outbox().ToLookAt(draft.now(), customer)) {
    const Notification* found = draft.outbox().Find(id);
    FW_CHECK(found != nullptr);
    const Notification stopped = *found;  // which changes on the way
    const Ticket* ticket = find_ticket(stopped.ticket);
    bool is_work = ticket != nullptr && (ticket->state == TicketState::kOpen ||
                                         ticket->state == TicketState::kAcknowledged);
    if (!is_work) {
      draft.LookAt(stopped, stopped.created_at);
    } else {
      MakeUp(stopped, *ticket, router, draft);
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
