#include "notifier/draft.h"

#include <fmt/format.h>

#include <utility>

#include "notifier/reader.h"
#include "notifier/silences.h"

namespace forewarn {

std::string Addressees(const Notification& notification) {
  std::string out = notification.receiver;
  if (!notification.addresses.empty())
    out += fmt::format(" <{}>", fmt::join(notification.addresses, ", "));
  return out;
}

void Draft::Add(Notification notification, const Silence* silence) {
  notification.id = fmt::format("{}-{}-{}", partition_, sequence_, next_index_++);
  notification.created_at = now_;
  notification.next_attempt_at = now_;
  Reader reader = ReaderOf(notification.audience, notification.receiver,
                           bundle_.FindReceiver(notification.receiver),
                           bundle_.FindCustomer(notification.customer));
  notification.locale = reader.locale;
  notification.timezone = reader.timezone;
  notification.addresses = std::move(reader.addresses);

  if (silence != nullptr) {
    notification.state = DeliveryState::kSuppressed;
    notification.outcome = DescribeSilence(*silence);
    notification.next_attempt_at = silence->to;
  } else if (!reader.problem.empty()) {
    notification.state = DeliveryState::kDead;
    notification.outcome = reader.problem;
  }
  if (notification.state != DeliveryState::kWaiting) {
    notification.settled_at = now_;
    Line(notification.ticket, silence != nullptr ? "suppressed" : "not_notified",
         fmt::format("{} to {}: {}", notification.template_id, Addressees(notification),
                     notification.outcome));
  }
  Change(std::move(notification));
}

void Draft::Change(Notification notification) {
  plan_.outbox.push_back(notification);
  outbox_.Put(std::move(notification));
}

void Draft::LookAt(const Notification& stopped, Timestamp at) {
  if (stopped.next_attempt_at == at) return;
  Notification changed = stopped;
  changed.next_attempt_at = at;
  Change(std::move(changed));
}

void Draft::Line(uint64_t ticket, std::string what, std::string text, bool customer_visible) {
  plan_.timeline.push_back(
      {ticket, 0, now_, "forewarn", std::move(what), std::move(text), customer_visible});
}

}  // namespace forewarn
