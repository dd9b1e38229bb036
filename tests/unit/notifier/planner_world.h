#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notifier/planner.h"

namespace forewarn {

inline constexpr uint32_t kPartition = 7;
inline const Timestamp kStart = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

inline Alert Disk(const std::string& mountpoint, const std::string& severity = "warning",
                  AlertState state = AlertState::kFiring) {
  Alert alert;
  alert.id = Fingerprint::Of(mountpoint);
  alert.customer = "acme";
  alert.installation = "prod";
  alert.rule = "DiskWillFill";
  alert.labels = {
      {"alertname", "DiskWillFill"}, {"mountpoint", mountpoint}, {"severity", severity}};
  alert.annotations = {{"summary", mountpoint + " fills"}};
  alert.state = state;
  alert.active_since = kStart;
  alert.warning_template = "disk_will_fill";
  return alert;
}

// Acme reads Chinese in Shanghai; support has a mail address and, for errors and worse, a webhook.
inline Bundle MakeBundle() {
  Bundle bundle;
  bundle.id = "b1";
  Customer acme;
  acme.id = "acme";
  acme.name = "Acme Ltd";
  acme.locale = "zh-CN";
  acme.timezone = "Asia/Shanghai";
  acme.contacts = {{"operator", "ops@acme.example.com"},
                   {"no address", ""},
                   {"deputy", "deputy@acme.example.com"}};
  acme.owner = "the owner";
  acme.owner_email = "owner@example.com";
  bundle.customers = {acme};
  bundle.receivers = {{"support-mail", Receiver::Kind::kEmail, {"support@example.com"}, "", ""},
                      {"pager", Receiver::Kind::kWebhook, {}, "https://pager.example.com/", ""},
                      {"contacts", Receiver::Kind::kEmail, {}, "", ""}};
  bundle.routes = {{Audience::kSupport, {}, {"support-mail"}, Severity::kInfo},
                   {Audience::kSupport, {}, {"pager", "support-mail"}, Severity::kError},
                   {Audience::kCustomer, {}, {"contacts"}, Severity::kInfo}};
  return bundle;
}

// A planner, its tickets and a time that the test moves.
class Plans : public ::testing::Test {
 protected:
  Plans() { planner_.SetBundle(MakeBundle()); }

  static IncidentChange Step(IncidentStep step, std::vector<Alert> joined, uint64_t number = 71) {
    IncidentChange change;
    change.step = step;
    change.ticket.number = number;
    change.ticket.customer = "acme";
    change.ticket.installation = "prod";
    change.ticket.rule = "DiskWillFill";
    change.ticket.title = "DiskWillFill: a disk fills";
    change.ticket.problem_since = kStart;
    change.ticket.alerts = joined;
    change.joined = std::move(joined);
    return change;
  }
  static IncidentChange Resolved(std::vector<Alert> left, uint64_t number = 71) {
    IncidentChange change = Step(IncidentStep::kResolved, {}, number);
    for (Alert& alert : left) alert.state = AlertState::kResolved;
    change.left = std::move(left);
    change.ticket.state = TicketState::kResolved;
    change.ticket.resolved_at = now_for_steps_;
    change.ticket.problem_until = now_for_steps_;
    return change;
  }

  Planner::Plan Tell(std::vector<IncidentChange> changes) {
    for (const IncidentChange& change : changes) tickets_[change.ticket.number] = change.ticket;
    Entry entry = MakeEntry();
    Planner::Plan plan;
    EXPECT_TRUE(planner_.Apply(entry, ++sequence_, changes, Find(), plan).ok());
    return plan;
  }
  Status Do(Command command, Planner::Plan* plan = nullptr) {
    Entry entry = MakeEntry();
    entry.what = std::move(command);
    Planner::Plan made;
    Status status = planner_.Apply(entry, ++sequence_, {}, Find(), made);
    if (plan != nullptr) *plan = std::move(made);
    return status;
  }
  Planner::FindTicket Find() const {
    return [this](uint64_t number) {
      auto at = tickets_.find(number);
      return at == tickets_.end() ? nullptr : &at->second;
    };
  }
  Entry MakeEntry() const {
    Entry entry;
    entry.partition = kPartition;
    entry.arrival = now_;
    entry.actor = "on-call engineer";
    entry.what = Tick{};
    return entry;
  }
  static Silence MakeSilence(const std::string& id, std::vector<std::string> matchers) {
    return {id,
            "acme",
            std::move(matchers),
            kStart - 1h,
            kStart + 2h,
            "on-call engineer",
            "disk is being moved"};
  }
  Planner::Plan Deliver(const std::string& id, DeliveryCommand::Result result,
                        const std::string& outcome = "250 OK") {
    Planner::Plan plan;
    EXPECT_TRUE(Do(DeliveryCommand{id, result, now_ + 5s, outcome}, &plan).ok());
    return plan;
  }

  static std::vector<std::string> Names(const Planner::Plan& plan) {
    std::vector<std::string> out;
    for (const Notification& n : plan.outbox) out.push_back(n.template_id + " " + n.receiver);
    return out;
  }
  static std::vector<Notification> Waiting(const Planner::Plan& plan) {
    std::vector<Notification> out;
    for (const Notification& n : plan.outbox) {
      if (n.state == DeliveryState::kWaiting) out.push_back(n);
    }
    return out;
  }
  static std::string Fact(const Notification& notification, std::string_view name) {
    for (const auto& [key, value] : notification.facts) {
      if (key == name) return value;
    }
    return "(none)";
  }

  static inline const Timestamp now_for_steps_ = kStart + 1h;
  Timestamp now_ = kStart;
  uint64_t sequence_ = 41;
  std::map<uint64_t, Ticket> tickets_;  // as the last steps left them
  Planner planner_{kPartition};
};

}  // namespace forewarn
