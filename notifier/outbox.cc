#include "notifier/outbox.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "notifier/facts.h"
#include "notifier/template_id.h"

namespace forewarn {
namespace {

// `7-42-0` is the first notification of entry 42 in partition 7.
Outbox::Order OrderOfId(std::string_view id) {
  Outbox::Order order;
  size_t first = id.find('-');
  size_t second = id.find('-', first + 1);
  FW_CHECK(second != std::string_view::npos);
  auto read = [](std::string_view digits, uint64_t& number) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    FW_CHECK(error == std::errc() && end == digits.data() + digits.size());
  };
  read(id.substr(first + 1, second - first - 1), order.first);
  read(id.substr(second + 1), order.second);
  return order;
}

std::optional<Timestamp> ForgetAt(const Notification& notification) {
  if (!notification.settled_at) return std::nullopt;
  if (auto at = Outbox::LookAtOf(notification)) return *at + Outbox::kRemembered;
  bool long_kept = IsBeginning(notification) || notification.state == DeliveryState::kDead;
  return *notification.settled_at + (long_kept ? Outbox::kRememberedLong : Outbox::kRemembered);
}

}  // namespace

Outbox::Order Outbox::OrderOf(const Notification& notification) {
  return OrderOfId(notification.id);
}

std::optional<Timestamp> Outbox::LookAtOf(const Notification& notification) {
  bool is_missed = notification.state == DeliveryState::kSuppressed &&
                   notification.next_attempt_at > notification.created_at;
  return is_missed ? std::optional(notification.next_attempt_at) : std::nullopt;
}

void Outbox::Index(const Notification& notification) {
  by_ticket_[notification.ticket][OrderOf(notification)] = notification.id;
  if (auto at = ForgetAt(notification)) forget_.emplace(*at, notification.id);
  if (auto at = LookAtOf(notification)) stopped_.emplace(*at, notification.id);
}

void Outbox::RemoveFromIndex(const Notification& notification) {
  auto of_ticket = by_ticket_.find(notification.ticket);
  of_ticket->second.erase(OrderOf(notification));
  if (of_ticket->second.empty()) by_ticket_.erase(of_ticket);
  if (auto at = ForgetAt(notification)) forget_.erase({*at, notification.id});
  if (auto at = LookAtOf(notification)) stopped_.erase({*at, notification.id});
}

void Outbox::Put(Notification notification) {
  auto at = notifications_.find(notification.id);
  if (at != notifications_.end()) RemoveFromIndex(at->second);
  Index(notification);
  std::string id = notification.id;
  notifications_.insert_or_assign(std::move(id), std::move(notification));
}

const Notification* Outbox::Find(const std::string& id) const {
  auto at = notifications_.find(id);
  return at == notifications_.end() ? nullptr : &at->second;
}

std::vector<const Notification*> Outbox::Of(uint64_t ticket) const {
  std::vector<const Notification*> found;
  auto of_ticket = by_ticket_.find(ticket);
  if (of_ticket == by_ticket_.end()) return found;
  for (const auto& [order, id] : of_ticket->second) found.push_back(&notifications_.at(id));
  return found;
}

std::vector<const Notification*> Outbox::OfSupport(uint64_t ticket,
                                                   const std::string& receiver) const {
  std::vector<const Notification*> found = Of(ticket);
  std::erase_if(found, [&](const Notification* notification) {
    return notification->audience != Audience::kSupport || notification->receiver != receiver;
  });
  return found;
}

bool Outbox::Heard(uint64_t ticket, const std::string& receiver) const {
  bool heard = false;
  for (const Notification* notification : OfSupport(ticket, receiver)) {
    if (IsEnding(*notification)) {
      heard = false;
    } else if (notification->state != DeliveryState::kSuppressed) {
      heard = true;
    }
  }
  return heard;
}

bool Outbox::BelievesItOpen(uint64_t ticket, const std::string& receiver) const {
  bool open = false;
  for (const Notification* notification : OfSupport(ticket, receiver)) {
    if (notification->state != DeliveryState::kSuppressed) open = !IsEnding(*notification);
  }
  return open;
}

bool Outbox::WasWarned(uint64_t ticket, const std::string& receiver, const std::string& template_id,
                       const Alert& alert) const {
  bool warned = false;
  for (const Notification* notification : Of(ticket)) {
    if (notification->audience != Audience::kCustomer || notification->receiver != receiver)
      continue;
    if (notification->template_id == AllClearOf(template_id)) warned = false;
    if (notification->template_id != template_id ||
        notification->state == DeliveryState::kSuppressed) {
      continue;
    }
    Facts facts = FromAttributes(notification->facts);
    if (facts["alert_ids"].find(alert.id.ToString()) != std::string::npos) warned = true;
  }
  return warned;
}

std::vector<std::string> Outbox::ToLookAt(Timestamp now, const std::string& customer) const {
  std::map<Order, std::string> ids;
  for (const auto& [at, id] : stopped_) {
    bool of_customer = !customer.empty() && notifications_.at(id).customer == customer;
    if (at <= now || of_customer) ids[OrderOfId(id)] = id;
    if (at > now && customer.empty()) break;
  }
  std::vector<std::string> found;
  for (auto& [order, id] : ids) found.push_back(std::move(id));
  return found;
}

std::optional<Timestamp> Outbox::NextLook() const {
  if (stopped_.empty()) return std::nullopt;
  return stopped_.begin()->first;
}

std::vector<std::string> Outbox::Forget(Timestamp now) {
  std::vector<std::string> forgotten;
  while (!forget_.empty() && forget_.begin()->first <= now) {
    std::string id = forget_.begin()->second;
    auto at = notifications_.find(id);
    RemoveFromIndex(at->second);
    notifications_.erase(at);
    forgotten.push_back(std::move(id));
  }
  return forgotten;
}

}  // namespace forewarn
