// What our nouns look like on disk: each survives the round trip, and their bytes have not changed
// since databases were first written. A changed value here needs a new field number, not a new
// expectation.

#include <gtest/gtest.h>

#include "base/fingerprint.h"
#include "base/record.h"
#include "model/alert.h"
#include "model/enrolment.h"
#include "model/entry.h"
#include "model/incident.h"
#include "model/probe.h"

namespace forewarn {
namespace {

// Bytes that decode and encode to themselves lose nothing.
template <typename T>
std::string Reencoded(const T& value) {
  StatusOr<T> back = DecodeRecord<T>(EncodeRecord(value));
  return back.ok() ? EncodeRecord(*back) : back.status().ToString();
}

Alert SomeAlert() {
  Alert alert;
  alert.id = Fingerprint(7);
  alert.customer = "acme";
  alert.rule = "DiskWillFill";
  alert.labels = Labels{{"alertname", "DiskWillFill"}, {"mountpoint", "/srv"}};
  alert.annotations = {{"summary", "full in 3h"}};
  alert.state = AlertState::kFiring;
  alert.value = 10800;
  alert.active_since = FromMillis(1'777'629'600'000);
  alert.fired_at = FromMillis(1'777'630'200'000);
  alert.probes = {"0123abcd-4567-4890-abcd-0123456789ef"};
  return alert;
}

TEST(StoredForm, OfAlertsAndTickets) {
  AlertChange change{AlertState::kPending, SomeAlert(), FromMillis(1), false, true};
  EXPECT_EQ(Reencoded(change), EncodeRecord(change));
  StatusOr<AlertChange> back = DecodeRecord<AlertChange>(EncodeRecord(change));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->before, AlertState::kPending);
  EXPECT_FALSE(back->plan) << "a field whose default is not zero";
  EXPECT_EQ(back->alert.labels, change.alert.labels);

  Ticket ticket;
  ticket.number = 192;
  ticket.alerts = {SomeAlert(), SomeAlert()};
  ticket.resolved_at = kTimeZero;
  EXPECT_EQ(Reencoded(ticket), EncodeRecord(ticket));
  EXPECT_TRUE(DecodeRecord<Ticket>(EncodeRecord(ticket))->resolved_at.has_value());
}

TEST(StoredForm, OfEveryKindOfEntry) {
  Batch batch;
  batch.source = {"acme", "main", "0123abcd-4567-4890-abcd-0123456789ef"};
  batch.epoch = 1'777'629'600'000;
  batch.sequence = 3;
  batch.events.resize(2);
  batch.events[1].attributes = {{"k", "v"}};
  batch.checks.resize(1);
  batch.facts.resize(1);
  batch.changes.resize(1);
  batch.gaps.resize(1);
  batch.rounds = {{FromMillis(5), 15s, -3ms}};
  Bundle bundle;
  bundle.customers.resize(1);
  bundle.rule_files = {{"rules/a.yaml", "groups: []\n"}};

  std::vector<Entry> entries = {
      {1, FromMillis(2), "probe", batch},
      {1, FromMillis(2), "forewarn", Tick{}},
      {64, FromMillis(2), "operator", bundle},
      {2, FromMillis(2), "operator",
       Command(TicketCommand{192, TicketCommand::Act::kClose, "done", "capacity", true})},
      {2, FromMillis(2), "operator", Command(ExpireSilenceCommand{"id"})},
  };
  for (const Entry& entry : entries) {
    std::string bytes = EncodeRecord(entry);
    EXPECT_EQ(Reencoded(entry), bytes);
    EXPECT_EQ(DecodeRecord<Entry>(bytes)->what.index(), entry.what.index());
  }
}

TEST(StoredForm, HasNotChanged) {
  EXPECT_EQ(Fingerprint::Of(EncodeRecord(SomeAlert())).ToString(), "d30ed29cfc7c52cd");
  Ticket ticket;
  ticket.number = 192;
  ticket.customer = "acme";
  ticket.opened_at = FromMillis(1'777'629'600'000);
  ticket.alerts = {SomeAlert()};
  EXPECT_EQ(Fingerprint::Of(EncodeRecord(ticket)).ToString(), "619618ce83499cf9");
  Entry entry{3, FromMillis(1'777'629'600'000), "operator",
              Command(RetireProbeCommand{{"acme", "main", "p"}})};
  EXPECT_EQ(Fingerprint::Of(EncodeRecord(entry)).ToString(), "7674a8f0703d0ce6");
}

}  // namespace
}  // namespace forewarn
