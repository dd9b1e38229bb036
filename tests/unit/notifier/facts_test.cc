#include "notifier/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

const Timestamp kNow = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

Alert MakeAlert(const std::string& mountpoint) {
  Alert alert;
  alert.id = Fingerprint::Of(mountpoint);
  alert.rule = "DiskWillFill";
  alert.labels = {{"mountpoint", mountpoint}};
  alert.annotations = {{"cause", "logs"}, {"cause_zh", "日志"}, {"summary", mountpoint + " fills"}};
  alert.active_since = kNow - 1h;
  alert.value = 0.25;
  return alert;
}

IncidentChange MakeChange() {
  IncidentChange change;
  change.ticket.number = 71;
  change.ticket.customer = "acme";
  change.ticket.installation = "prod";
  change.ticket.problem_since = kNow - 2h;
  return change;
}

TEST(Facts, AreOfTheTicketItsCustomerAndTheAlert) {
  Customer customer;
  customer.id = "acme";
  customer.name = "Acme Ltd";
  customer.owner = "the owner";
  customer.owner_email = "owner@example.com";
  Alert alert = MakeAlert("/a");
  alert.predicted_breach = kNow + 3h;
  std::vector<const Alert*> alerts = {&alert};
  Facts facts = FactsOf(MakeChange(), alerts, &customer, "en", kNow);
  EXPECT_EQ(facts["ticket"], "FW-71");
  EXPECT_EQ(facts["customer_name"], "Acme Ltd");
  EXPECT_EQ(facts["owner"], "the owner");
  EXPECT_EQ(facts["owner_email"], "owner@example.com");
  EXPECT_EQ(facts["summary"], "/a fills");
  EXPECT_EQ(facts["value"], "0.25");
  EXPECT_EQ(facts["since_at"], "2026-05-01T09:00:00Z");
  EXPECT_EQ(facts["predicted_at"], "2026-05-01T13:00:00Z");
  EXPECT_EQ(facts["lead"], "3h");
  EXPECT_EQ(facts["label.mountpoint"], "/a");
  EXPECT_EQ(facts["alert_ids"], alert.id.ToString());
  for (const char* absent : {"more", "late", "previous", "expected", "prevented"}) {
    EXPECT_FALSE(facts.contains(absent)) << absent;
  }
}

TEST(Facts, AnnotationsOfTheReadersLanguageGoFirst) {
  Alert alert = MakeAlert("/a");
  std::vector<const Alert*> alerts = {&alert};
  EXPECT_EQ(FactsOf(MakeChange(), alerts, nullptr, "zh-CN", kNow)["cause"], "日志");
  EXPECT_EQ(FactsOf(MakeChange(), alerts, nullptr, "en", kNow)["cause"], "logs");
  EXPECT_EQ(FactsOf(MakeChange(), alerts, nullptr, "zh", kNow)["summary"], "/a fills");
}

TEST(Facts, TheMostUrgentAlertSpeaksForAll) {
  Alert a = MakeAlert("/a"), b = MakeAlert("/b"), c = MakeAlert("/c");
  b.predicted_breach = kNow + 2h;
  c.predicted_breach = kNow + 1h;
  std::vector<const Alert*> alerts = {&a, &b, &c};
  Facts facts = FactsOf(MakeChange(), alerts, nullptr, "en", kNow);
  EXPECT_EQ(facts["summary"], "/c fills");
  EXPECT_EQ(facts["more"], "2");
  EXPECT_EQ(facts["others"], "/b fills; /a fills");
}

TEST(Facts, AStormIsBounded) {
  std::vector<Alert> storm;
  for (int i = 0; i < 500; ++i) storm.push_back(MakeAlert("/" + std::to_string(i)));
  std::vector<const Alert*> alerts;
  for (const Alert& alert : storm) alerts.push_back(&alert);
  Facts facts = FactsOf(MakeChange(), alerts, nullptr, "en", kNow);
  EXPECT_EQ(facts["more"], "499");
  EXPECT_TRUE(facts["others"].ends_with("/10 fills; …"));
  EXPECT_LT(facts["alert_ids"].size(), 2000u);
}

TEST(Facts, AForeignTextIsCutOnACharactersBorder) {
  Alert alert = MakeAlert("/a");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "磁";
  alert.annotations = {{"summary", "x" + text}};
  std::vector<const Alert*> alerts = {&alert};
  std::string summary = FactsOf(MakeChange(), alerts, nullptr, "en", kNow)["summary"];
  EXPECT_LE(summary.size(), 2010u);
  EXPECT_TRUE(summary.ends_with("磁…"));
}

TEST(Facts, TheEndingIsOfTheTicket) {
  Ticket ticket;
  ticket.resolved_at = kNow;
  ticket.problem_until = kNow - 1min;
  ticket.prevented = true;
  Facts facts;
  AddEnding(ticket, facts);
  EXPECT_EQ(facts, (Facts{{"cleared_at", "2026-05-01T09:59:00Z"},
                          {"prevented", "yes"},
                          {"resolved_at", "2026-05-01T10:00:00Z"}}));
  EXPECT_EQ(FromAttributes(ToAttributes(facts)), facts);
}

}  // namespace
}  // namespace forewarn
