#include "store/event_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "store/memory_store.h"

namespace forewarn {
namespace {

using ::testing::SizeIs;

constexpr uint32_t kHome = 3;
const Timestamp kNoon = FromMillis(1'777'636'800'000);

class EventCountsTest : public ::testing::Test {
 protected:
  static Event Report(const std::string& text, Duration after = 0s, uint64_t count = 1) {
    Event event;
    event.at = kNoon + after;
    event.last_at = event.at + 1s;
    event.count = count;
    event.source = "log:/var/log/app.log";
    event.code = "E7";
    event.template_text = text;
    event.message = text + ", at " + std::to_string(after.count());
    return event;
  }
  void Keep(const Event& event, const std::string& probe = "p1",
            const std::string& customer = "acme") {
    Keep(HistoryKind::kEvent, event.at, EncodeRecord(event), probe, customer);
  }
  void Keep(HistoryKind kind, Timestamp at, std::string record, const std::string& probe = "p1",
            const std::string& customer = "acme") {
    Commit commit;
    commit.partition = kHome;
    commit.sequence = ++sequence_;
    commit.history = {{kind, customer, probe, at, std::move(record)}};
    ASSERT_TRUE(store_.Commit({&commit, 1}).ok());
  }
  EventCounts Count(CountBy by = CountBy::kFingerprint, CountLimits limits = {},
                    Timestamp to = kNoon + 1h) {
    auto counts = CountEvents(store_, kHome, "acme", kNoon, to, by, limits);
    EXPECT_TRUE(counts.ok()) << counts.status().ToString();
    return *counts;
  }

  MemoryStore store_;
  uint64_t sequence_ = 0;
};

TEST_F(EventCountsTest, CountsWhatIsTheSameTogetherTheMostFrequentFirst) {
  EXPECT_THAT(Count().counts, SizeIs(0));
  Keep(Report("disk <*> failed", 1min, 2));
  Event worst = Report("disk <*> failed", 2min, 3);
  worst.severity = Severity::kError;
  Keep(worst, "p2");
  Keep(Report("disk <*> failed", 3min), "p2");
  Keep(Report("login of <*>", 1min, 50));
  // Neither another customer's nor another time's, nor what is no event.
  Keep(Report("login of <*>"), "p1", "other");
  Keep(Report("login of <*>", -1s));
  Keep(Report("login of <*>", 2h));
  Keep(HistoryKind::kCheck, kNoon + 1min, "no event");

  EventCounts found = Count();
  ASSERT_THAT(found.counts, SizeIs(2));
  EXPECT_EQ(found.others, 0u);
  EXPECT_EQ(found.counts[0].count, 50u);
  const EventCount& disk = found.counts[1];
  EXPECT_EQ(disk.fingerprint, FingerprintOf(worst));
  EXPECT_EQ(disk.count, 6u);
  EXPECT_EQ(disk.probes, 2u);
  EXPECT_EQ(disk.severity, Severity::kError);
  EXPECT_EQ(disk.template_text, "disk <*> failed");
  EXPECT_EQ(disk.message, Report("disk <*> failed", 3min).message) << "the newest";
  EXPECT_EQ(disk.first_at, kNoon + 1min);
  EXPECT_EQ(disk.last_at, kNoon + 3min + 1s);
}

TEST_F(EventCountsTest, ATemplateIsCountedOverItsSourcesOnRequest) {
  Event other = Report("disk <*> failed");
  other.source = "log:/var/log/syslog";
  Keep(Report("disk <*> failed"));
  Keep(other);
  EXPECT_THAT(Count().counts, SizeIs(2));
  EventCounts found = Count(CountBy::kTemplate);
  ASSERT_THAT(found.counts, SizeIs(1));
  EXPECT_EQ(found.counts[0].count, 2u);
  EXPECT_EQ(found.counts[0].source, "") << "it has several";
  EXPECT_EQ(found.counts[0].code, "E7");
  EXPECT_EQ(found.counts[0].fingerprint, Fingerprint::Of("disk <*> failed"));
}

TEST_F(EventCountsTest, WhatIsBeyondALimitIsAmongTheOthers) {
  for (int i = 0; i < 10; ++i) {
    Keep(Report("thing " + std::to_string(i), 1min, static_cast<uint64_t>(10 + i)));
  }
  CountLimits few;
  few.max_listed = 3;
  EventCounts found = Count(CountBy::kFingerprint, few);
  ASSERT_THAT(found.counts, SizeIs(3));
  EXPECT_EQ(found.counts[0].count, 19u);
  EXPECT_EQ(found.others, 10u + 11 + 12 + 13 + 14 + 15 + 16);
  CountLimits small;
  small.max_bytes = 2000;
  EventCounts narrow = Count(CountBy::kFingerprint, small);
  EXPECT_LT(narrow.counts.size(), 10u);
  uint64_t all = narrow.others;
  for (const EventCount& count : narrow.counts) all += count.count;
  EXPECT_EQ(all, 145u) << "nothing goes uncounted";
  CountLimits kinds;
  kinds.max_kinds = 1;
  EXPECT_THAT(Count(CountBy::kFingerprint, kinds).counts, SizeIs(1));
}

TEST_F(EventCountsTest, WhoReportedAThingIsBoundedAndHowOftenIsNot) {
  for (int i = 0; i < 100; ++i) Keep(Report("disk <*> failed"), "probe " + std::to_string(i));
  EXPECT_EQ(Count().counts[0].probes, 100u);
  CountLimits small;
  small.max_bytes = 2000;
  EventCounts found = Count(CountBy::kFingerprint, small);
  ASSERT_THAT(found.counts, SizeIs(1));
  EXPECT_EQ(found.counts[0].count, 100u);
  EXPECT_GT(found.counts[0].probes, 0u);
  EXPECT_LT(found.counts[0].probes, 2000u / sizeof(Fingerprint) / 4)
      << "a node is more than what it holds";
}

TEST_F(EventCountsTest, EndsWhenNobodyWaitsForIt) {
  for (int i = 0; i < 1000; ++i) Keep(Report("thing", 1s * i));
  int asked = 0;
  CountLimits limits;
  limits.stop = [&] { return ++asked == 2; };
  auto counts =
      CountEvents(store_, kHome, "acme", kNoon, kNoon + 1h, CountBy::kFingerprint, limits);
  EXPECT_EQ(counts.status().code(), Code::kCancelled);
  EXPECT_EQ(asked, 2);
}

TEST_F(EventCountsTest, SaysThatAnEventIsDamaged) {
  Keep(HistoryKind::kEvent, kNoon + 1min, "\xff\xff");
  auto counts =
      CountEvents(store_, kHome, "acme", kNoon, kNoon + 1h, CountBy::kFingerprint, CountLimits{});
  EXPECT_EQ(counts.status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace forewarn
