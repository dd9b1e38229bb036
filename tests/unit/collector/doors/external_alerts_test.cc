#include "collector/doors/external_alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const Timestamp kNow = *ParseTime("2026-05-01T10:00:00Z");

class ExternalAlertsTest : public testing::Test {
 protected:
  Status Read(const std::string& body, Timestamp now = kNow) {
    SourceToken from = TestToken(SourceToken::Door::kAlertmanager);
    BatchBuilder builder(from, limits_, now);
    ids_.clear();
    values_.clear();
    events_.clear();
    Status status = ReadExternalAlerts(body, now, builder);
    refused_ = builder.refused();
    reason_ = builder.first_reason();
    for (DoorBatch& each : builder.Take()) {
      Batch& batch = each.batch;
      ids_.insert(ids_.end(), each.event_ids.begin(), each.event_ids.end());
      for (size_t i = 0; i < batch.samples.size(); ++i) {
        Labels labels = batch.samples.table->series[batch.samples.refs[i]];
        for (const char* ours : {"customer", "installation", "probe"}) labels.Remove(ours);
        values_.emplace_back(labels.ToString(), batch.samples.values[i]);
        EXPECT_EQ(batch.samples.times[i], now);
      }
      for (Event& event : batch.events) events_.push_back(std::move(event));
    }
    return status;
  }

  LimitSettings limits_;
  std::vector<Fingerprint> ids_;  // of the events
  std::vector<std::pair<std::string, double>> values_;
  std::vector<Event> events_;
  uint64_t refused_ = 0;
  std::string reason_;
};

const char kFiring[] = R"([{
  "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db1", "alert": "x"},
  "annotations": {"summary": "disk of db1 is at 97%"},
  "startsAt": "2026-05-01T09:59:30.123456789Z", "endsAt": "2026-05-01T10:04:00Z",
  "generatorURL": "https://prometheus.example.com/graph"}])";

TEST_F(ExternalAlertsTest, AnAlertIsASampleAndItsBeginningAnEvent) {
  ASSERT_TRUE(Read(kFiring).ok());
  EXPECT_THAT(values_,
              testing::ElementsAre(testing::Pair(
                  "external_alert{alert=\"DiskFull\",exported_alert=\"x\",instance=\"db1\","
                  "severity=\"critical\"}",
                  1)));
  ASSERT_THAT(events_, SizeIs(1));
  EXPECT_EQ(events_[0].severity, Severity::kCritical);
  EXPECT_EQ(events_[0].source, "alertmanager:DiskFull");
  EXPECT_EQ(events_[0].message, "DiskFull is firing: disk of db1 is at 97%");
  EXPECT_EQ(events_[0].at, kNow - 30s + 123ms);
}

TEST_F(ExternalAlertsTest, SentAgainItIsTheSameEvent) {
  ASSERT_TRUE(Read(kFiring).ok());
  std::vector<Fingerprint> first = ids_;
  ASSERT_THAT(first, SizeIs(1));
  std::string changed = kFiring;
  changed.replace(changed.find("97%"), 3, "98%");
  changed.replace(changed.find("10:04"), 5, "10:05");
  ASSERT_TRUE(Read(changed, kNow + 1min).ok());
  EXPECT_THAT(values_, SizeIs(1));
  EXPECT_EQ(ids_, first);
  changed.replace(changed.find("09:59:30"), 8, "09:59:31");
  ASSERT_TRUE(Read(changed, kNow + 1min).ok());
  EXPECT_NE(ids_, first) << "another beginning";
  std::string twice = kFiring;
  twice.insert(twice.size() - 1, "," + twice.substr(1, twice.size() - 2));
  ASSERT_TRUE(Read(twice).ok());
  EXPECT_EQ(ids_, first);
  EXPECT_EQ(events_[0].count, 1u);
}

TEST_F(ExternalAlertsTest, AnEndThatHasPassedIsRecovery) {
  ASSERT_TRUE(Read(kFiring).ok());
  std::vector<Fingerprint> first = ids_;
  ASSERT_TRUE(Read(kFiring, kNow + 5min).ok());
  ASSERT_THAT(values_, SizeIs(1));
  EXPECT_EQ(values_[0].second, 0);
  ASSERT_THAT(events_, SizeIs(1));
  EXPECT_EQ(events_[0].severity, Severity::kInfo);
  EXPECT_THAT(events_[0].message, HasSubstr("DiskFull is resolved"));
  EXPECT_EQ(events_[0].at, kNow + 4min);
  EXPECT_NE(ids_, first);
}

TEST_F(ExternalAlertsTest, TimesMayBeMissing) {
  for (const char* body :
       {R"([{"labels":{"alertname":"A"}}])",
        R"([{"labels":{"alertname":"B"},"startsAt":null,"endsAt":"0001-01-01T00:00:00Z"}])"}) {
    ASSERT_TRUE(Read(body).ok());
    ASSERT_THAT(values_, SizeIs(1)) << body;
    EXPECT_EQ(values_[0].second, 1);
    ASSERT_THAT(events_, SizeIs(1));
    EXPECT_EQ(events_[0].at, kNow);
    EXPECT_EQ(events_[0].severity, Severity::kWarning);
  }
}

TEST_F(ExternalAlertsTest, WithoutABeginningAnEndIsKnownByItself) {
  const char first[] = R"([{"labels":{"alertname":"A"},"endsAt":"2026-05-01T09:00:00Z"}])";
  const char second[] = R"([{"labels":{"alertname":"A"},"endsAt":"2026-05-01T09:30:00Z"}])";
  ASSERT_TRUE(Read(first).ok());
  std::vector<Fingerprint> ids = ids_;
  ASSERT_TRUE(Read(first, kNow + 1min).ok());
  EXPECT_EQ(ids_, ids);
  ASSERT_TRUE(Read(second).ok());
  EXPECT_NE(ids_, ids);
}

TEST_F(ExternalAlertsTest, OneThatBeganLongAgoIsTakenWhateverTheAcceptedAge) {
  const char old[] = R"([{"labels":{"alertname":"A"},"startsAt":"2026-04-01T10:00:00Z"}])";
  for (Duration age : {Duration(1h), Duration(8 * 24h)}) {
    limits_.accepted_age = age;
    ASSERT_TRUE(Read(old).ok());
    EXPECT_EQ(refused_, 0u) << reason_;
    ASSERT_THAT(events_, SizeIs(1));
    EXPECT_EQ(events_[0].at, kNow - age);
  }
}

TEST_F(ExternalAlertsTest, ALabelOfTheirsKeepsItsValueUnderAFreeName) {
  ASSERT_TRUE(Read(R"([{"labels":{"alertname":"A","alert":"b","exported_alert":"c"}}])").ok());
  EXPECT_EQ(refused_, 0u) << reason_;
  EXPECT_THAT(values_,
              testing::ElementsAre(testing::Pair("external_alert{alert=\"A\",exported_alert=\"c\","
                                                 "exported_exported_alert=\"b\"}",
                                                 1)));
}

TEST_F(ExternalAlertsTest, OneThatBreaksARuleDoesNotCostTheOthers) {
  ASSERT_TRUE(Read(R"([{"labels":{"severity":"page"}}, {"labels":{"alertname":"A"}},
      {"labels":{"alertname":"B","a b":"c"}}, {"labels":{"alertname":"C","n":1}}, 7,
      {"labels":{"alertname":"D"},"startsAt":"yesterday"},
      {"labels":{"alertname":"E","__name__":"x"}},
      {"labels":{"alertname":"F"},"startsAt":"2026-05-01T10:00:00Z","endsAt":"2026-05-01T09:00:00Z"}])")
                  .ok());
  EXPECT_EQ(refused_, 7u);
  EXPECT_EQ(reason_, "alert 0: labels: there is no alertname");
  EXPECT_THAT(values_, SizeIs(1));
  EXPECT_THAT(events_, SizeIs(1));
}

TEST_F(ExternalAlertsTest, RefusesWhatIsNoList) {
  for (const char* body : {"", "{}", "[", "nonsense", R"({"alerts":[]})"}) {
    EXPECT_EQ(Read(body).code(), Code::kInvalidArgument) << body;
  }
  EXPECT_TRUE(Read("[]").ok());
  EXPECT_FALSE(Read(std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace forewarn
