#include "collector/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/record.h"
#include "store/memory_store.h"
#include "tests/unit/collector/fold_samples.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

// One shard over a memory store that commits at once.
class ShardTest : public testing::Test {
 protected:
  ShardTest() { Restart(); }

  void Restart() {
    shard_ = std::make_unique<Shard>(PartitionOf("acme"), store_, head_, closed_kept_);
    Status status = shard_->Recover();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  Commit Do(Entry entry) {
    Commit commit = shard_->Handle(std::move(entry));
    if (!commit.empty) {
      Status status = store_.Commit({&commit, 1});
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    return commit;
  }
  Commit DoCommand(Command command, const std::string& actor = "operator") {
    return Do({PartitionOf("acme"), now_, actor, std::move(command)});
  }
  Commit Apply(Bundle bundle) { return Do({PartitionOf("acme"), now_, "operator", bundle}); }

  std::vector<Sample> Samples() {
    auto found = shard_->head().Select({Matcher::Equal("__name__", "load")}, kTimeZero,
                                       kTestStart + 24h, {});
    EXPECT_TRUE(found.ok());
    return found->empty() ? std::vector<Sample>{} : found->front().samples;
  }

  Timestamp now_ = kTestStart;
  HeadOptions head_;
  Duration closed_kept_ = Shard::kClosedKept;
  MemoryStore store_;
  std::unique_ptr<Shard> shard_;
};

TEST_F(ShardTest, AppliesARepeatedBatchOnce) {
  Commit first = Do(TestBatch(1, kTestStart, 0.5));
  EXPECT_EQ(first.sequence, 1u);
  Commit second = Do(TestBatch(1, kTestStart, 0.5));
  EXPECT_TRUE(second.empty);
  EXPECT_TRUE(second.outcome.ok());
  EXPECT_EQ(shard_->sequence(), 1u);
  EXPECT_EQ(Samples().size(), 1u);
}

TEST_F(ShardTest, ARepeatedBatchStillNamesTheSeriesOfItsStream) {
  Do(TestBatch(1, kTestStart, 0.5));
  auto stream = std::make_shared<const SeriesStream>();
  Entry again = TestBatch(1, kTestStart, 0.5);
  std::get<Batch>(again.what).samples.stream = stream;
  EXPECT_TRUE(Do(again).empty);
  Entry next = TestBatch(2, kTestStart + 30s, 0.5);
  SampleBlock& samples = std::get<Batch>(next.what).samples;
  samples.stream = stream;
  samples.table = nullptr;
  samples.first_ref = 1;
  EXPECT_TRUE(Do(next).outcome.ok());
  EXPECT_EQ(Samples().size(), 2u);
}

TEST_F(ShardTest, RefusesABatchOfAnOlderEpochInsteadOfSwallowingIt) {
  Entry newer = TestBatch(1, kTestStart, 0.5);
  std::get<Batch>(newer.what).epoch = 7;
  Do(newer);
  Commit old = Do(TestBatch(2, kTestStart + 30s, 0.5));
  EXPECT_TRUE(old.empty);
  EXPECT_EQ(old.outcome.code(), Code::kFailedPrecondition);
  EXPECT_THAT(old.outcome.message(), HasSubstr("epoch 1"));
}

TEST_F(ShardTest, TakesBatchesWithoutNumbersEachTime) {
  Entry unnumbered = TestBatch(0, kTestStart, 0.5);
  std::get<Batch>(unnumbered.what).epoch = 0;
  Commit first = Do(unnumbered);
  EXPECT_TRUE(first.outcome.ok());
  EXPECT_FALSE(first.empty);
  Commit again = Do(unnumbered);
  EXPECT_EQ(DecodeRecord<BatchReply>(again.reply)->duplicate, 1u)
      << "its samples are known by time";
  EXPECT_EQ(Samples().size(), 1u);
}

TEST_F(ShardTest, RemembersTheTokensOfSourcesOverARestart) {
  SourceToken token;
  token.hash = "h1";
  token.source = "monitoring";
  EXPECT_TRUE(DoCommand(CreateSourceTokenCommand{token}).outcome.ok());
  Restart();
  ASSERT_EQ(shard_->source_tokens().all().size(), 1u);
  EXPECT_EQ(shard_->source_tokens().all().at("h1").source, "monitoring");
  EXPECT_TRUE(DoCommand(RevokeSourceTokenCommand{"h1"}).outcome.ok());
  Restart();
  EXPECT_TRUE(shard_->source_tokens().all().empty());
}

TEST_F(ShardTest, RefusesABatchThatWouldLeaveAHole) {
  EXPECT_EQ(Do(TestBatch(2, kTestStart, 0.5)).outcome.code(), Code::kFailedPrecondition);
  Do(TestBatch(1, kTestStart, 0.5));
  Commit hole = Do(TestBatch(3, kTestStart + 60s, 0.5));
  EXPECT_TRUE(hole.empty);
  EXPECT_THAT(hole.outcome.message(), HasSubstr("2 is the next"));
  EXPECT_TRUE(Do(TestBatch(2, kTestStart + 30s, 0.5)).outcome.ok());
  EXPECT_TRUE(Do(TestBatch(3, kTestStart + 60s, 0.5)).outcome.ok());
  Entry next_epoch = TestBatch(2, kTestStart + 90s, 0.5);
  std::get<Batch>(next_epoch.what).epoch = 9;
  EXPECT_EQ(Do(next_epoch).outcome.code(), Code::kFailedPrecondition);
  std::get<Batch>(next_epoch.what).sequence = 1;
  EXPECT_TRUE(Do(next_epoch).outcome.ok());
}

TEST_F(ShardTest, ARoundThatLiesAheadIsRefusedAndCounted) {
  Entry entry = TestBatch(1, kTestStart, 0.5);
  std::get<Batch>(entry.what).rounds.push_back({kTestStart + 1h, 30s, {}});
  Commit commit = Do(entry);
  EXPECT_EQ(DecodeRecord<BatchReply>(commit.reply)->too_new, 1u);
  EXPECT_EQ(shard_->contacts().Find(TestProbe().probe)->watermark, kTestStart);
}

TEST_F(ShardTest, DoesNotStartOnRulesThatItCannotRead) {
  Bundle bundle = TestBundle();
  bundle.rule_files[0].text = "groups: [{name: g, rules: [{alert: A, expr: 'no such language'}]}]";
  Apply(bundle);
  Shard next(PartitionOf("acme"), store_, HeadOptions{});
  Status status = next.Recover();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("rules/load.yaml:1:"));
}

TEST_F(ShardTest, TellsWhatTheRulesReadForEachEntry) {
  ManualClock clock(kTestStart);
  std::vector<Shard::Evaluation> told;
  shard_->MeasureRules(clock, [&](const Shard::Evaluation& one) { told.push_back(one); });
  Apply(TestBundle());
  EXPECT_TRUE(told.empty());
  Do(TestBatch(1, kTestStart, 2));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].series, 0u) << "it is kept up to date as samples come";
  EXPECT_EQ(told[0].evaluations.live, 1u);
  EXPECT_EQ(told[0].evaluations.general, 0u);

  Bundle bundle = TestBundle();
  bundle.id = "00000000000000b2";
  bundle.rule_files = {{"rules/load.yaml", R"(
groups:
- name: load
  rules:
  - {record: later, expr: load @ end()}
)"}};
  ASSERT_TRUE(Apply(bundle).outcome.ok());
  Do(TestBatch(2, kTestStart + 1min, 2));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].series, 1u);
  EXPECT_EQ(told[1].evaluations.general, 1u);
}

TEST_F(ShardTest, SaysHowManyResultsOfRulesOneCommitCouldNotHold) {
  head_.commit_samples = 2;  // the sample of the batch and one result
  Restart();
  Bundle bundle = TestBundle();
  bundle.rule_files = {{"rules/load.yaml", R"(
groups:
- name: load
  rules:
  - {record: twice, expr: load * 2}
  - {record: half, expr: load / 2}
  - {record: third, expr: load / 3}
)"}};
  ASSERT_TRUE(Apply(bundle).outcome.ok());
  Commit commit = Do(TestBatch(1, kTestStart + 30s, 0.5));
  EXPECT_EQ(commit.samples.size(), 2u);
  ASSERT_EQ(commit.problems.size(), 1u);
  EXPECT_THAT(commit.problems[0], HasSubstr("2 of them are not kept"));
}

TEST_F(ShardTest, TellsAProbeThatSaysHelloWhatItHasOfIt) {
  Do(TestBatch(1, kTestStart, 0.5));
  Do(TestBatch(2, kTestStart + 30s, 0.5));
  Commit hello = DoCommand(HelloCommand{TestProbe(), "host-1", "1.0", 0ms});
  StatusOr<HelloReply> reply = DecodeRecord<HelloReply>(hello.reply);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->epoch, 1u);
  EXPECT_EQ(reply->sequence, 2u);
}

TEST_F(ShardTest, AnswersARetiredProbeWithARefusal) {
  Do(TestBatch(1, kTestStart, 0.5));
  EXPECT_TRUE(DoCommand(RetireProbeCommand{TestProbe()}).outcome.ok());
  Commit refused = Do(TestBatch(2, kTestStart + 30s, 0.5));
  EXPECT_TRUE(refused.empty);
  EXPECT_EQ(refused.outcome.code(), Code::kPermissionDenied);
  EXPECT_EQ(Samples().size(), 1u);
}

// OpenTelemetry with a probe's certificate is a source beside the probe; the probe hands its entries in.
TEST_F(ShardTest, ARetiredProbeBringsNothingOfOtherSourcesEither) {
  Do(TestBatch(1, kTestStart, 0.5));
  Entry beside = TestBatch(0, kTestStart + 30s, 0.5);
  std::get<Batch>(beside.what).epoch = 0;
  std::get<Batch>(beside.what).source.probe = "0000aaaa-0000-8000-8000-000000000000";
  beside.actor = TestProbe().probe;
  EXPECT_TRUE(Do(beside).outcome.ok());
  EXPECT_TRUE(DoCommand(RetireProbeCommand{TestProbe()}).outcome.ok());
  std::get<Batch>(beside.what).samples.times[0] += 30s;
  Commit refused = Do(beside);
  EXPECT_TRUE(refused.empty);
  EXPECT_EQ(refused.outcome.code(), Code::kPermissionDenied);
}

TEST_F(ShardTest, RetiringAnUnknownProbeFails) {
  EXPECT_EQ(DoCommand(RetireProbeCommand{TestProbe()}).outcome.code(), Code::kNotFound);
}

TEST_F(ShardTest, ArrivalTimeNeverGoesBack) {
  Do(TestBatch(1, kTestStart + 1h, 0.5));
  Entry behind = TestBatch(2, kTestStart + 1h + 30s, 0.5);
  behind.arrival = kTestStart;
  Commit commit = Do(behind);
  StatusOr<Entry> entry = DecodeRecord<Entry>(commit.entry);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->arrival, kTestStart + 1h);
}

TEST_F(ShardTest, OneCommitHoldsTheSampleItsAlertItsTicketAndItsNotice) {
  ASSERT_TRUE(Apply(TestBundle()).outcome.ok());
  Commit commit = Do(TestBatch(1, kTestStart + 30s, 2.0));
  EXPECT_EQ(commit.samples.size(), 3u) << "and those of ALERTS and ALERTS_FOR_STATE";
  EXPECT_TRUE(commit.problems.empty());
  ASSERT_EQ(shard_->incidents().tickets().size(), 1u);
  EXPECT_EQ(shard_->incidents().tickets().begin()->second.severity, Severity::kError);
  ASSERT_EQ(commit.outbox.size(), 1u);
  EXPECT_EQ(commit.outbox[0].receiver, "support");
  std::set<StateKind> kinds;
  for (const StatePut& put : commit.state) kinds.insert(put.kind);
  for (StateKind kind : {StateKind::kProbe, StateKind::kAlert, StateKind::kTicket,
                         StateKind::kTimeline, StateKind::kOutbox, StateKind::kPartition}) {
    EXPECT_TRUE(kinds.contains(kind)) << static_cast<int>(kind);
  }
}

TEST_F(ShardTest, ComputesNothingAgainAfterARestart) {
  Apply(TestBundle());
  Do(TestBatch(1, kTestStart + 30s, 2.0));
  uint64_t sequence = shard_->sequence();
  Restart();
  EXPECT_EQ(shard_->sequence(), sequence);
  EXPECT_EQ(Samples().size(), 1u);
  EXPECT_EQ(shard_->bundle().id, TestBundle().id);
  ASSERT_EQ(shard_->engine().Alerts().size(), 1u);
  EXPECT_EQ(shard_->engine().Alerts()[0].state, AlertState::kFiring);
  EXPECT_EQ(shard_->incidents().tickets().size(), 1u);
  EXPECT_EQ(shard_->planner().outbox().size(), 1u);

  Commit repeated = Do(TestBatch(1, kTestStart + 30s, 2.0));
  EXPECT_TRUE(repeated.empty);
  Commit resolved = Do(TestBatch(2, kTestStart + 60s, 0.5));
  EXPECT_TRUE(shard_->engine().Alerts().empty());
  EXPECT_EQ(shard_->incidents().tickets().begin()->second.state, TicketState::kResolved);
}

TEST_F(ShardTest, TheSameBundleAgainChangesNothing) {
  EXPECT_FALSE(Apply(TestBundle()).empty);
  EXPECT_TRUE(Apply(TestBundle()).empty);
}

TEST_F(ShardTest, ACommandThatCannotBeDoneLeavesNoTrace) {
  Commit commit =
      DoCommand(TicketCommand{999 * 64, TicketCommand::Act::kAcknowledge, "", "", false});
  EXPECT_EQ(commit.outcome.code(), Code::kNotFound);
  EXPECT_TRUE(commit.empty);
  EXPECT_EQ(shard_->sequence(), 0u);
}

TEST_F(ShardTest, ACommandThatCannotBeDoneForgetsNothingThatIsDue) {
  Apply(TestBundle());
  Do(TestBatch(1, kTestStart + 30s, 2.0));
  ASSERT_EQ(shard_->planner().outbox().size(), 1u);
  DeliveryCommand delivered;
  delivered.notification = shard_->planner().outbox().begin()->first;
  delivered.result = DeliveryCommand::Result::kDelivered;
  ASSERT_FALSE(DoCommand(delivered).empty);

  now_ += 365 * 24h;
  EXPECT_TRUE(DoCommand(UseTokenCommand{"unknown", "probe"}).empty);
  EXPECT_EQ(shard_->planner().outbox().size(), 1u) << "the store has it, too";
  EnrolmentToken token;
  token.hash = "hash";
  EXPECT_FALSE(DoCommand(CreateTokenCommand{token}).empty);
  EXPECT_TRUE(shard_->planner().outbox().empty());
}

TEST_F(ShardTest, ATickBeforeItsTimeIsNotWritten) {
  Do(TestBatch(1, kTestStart, 0.5));
  ASSERT_TRUE(shard_->NextTimer().has_value());
  Commit early = Do({PartitionOf("acme"), kTestStart + 1s, "forewarn", Tick{}});
  EXPECT_TRUE(early.empty);
  Commit due = Do({PartitionOf("acme"), *shard_->NextTimer(), "forewarn", Tick{}});
  EXPECT_FALSE(due.empty);
  EXPECT_EQ(shard_->contacts().Find(TestProbe().probe)->contact, Contact::kLate);
}

TEST_F(ShardTest, WhatIsLongOverIsForgottenInMemoryAndStore) {
  closed_kept_ = 100 * 24h;
  Restart();
  Bundle bundle = TestBundle();
  ASSERT_TRUE(Apply(bundle).outcome.ok());
  auto count = [&](StateKind kind) {
    size_t records = 0;
    Status read = store_.ReadState(PartitionOf("acme"), kind, [&](auto, auto) {
      ++records;
      return OkStatus();
    });
    EXPECT_TRUE(read.ok());
    return records;
  };
  // Two tickets, so that the first need not stay for the number of the next.
  for (uint64_t ticket = 0; ticket < 2; ++ticket) {
    now_ += 2h;
    Do(TestBatch(ticket * 2 + 1, now_, 2.0));
    now_ += 30s;
    Do(TestBatch(ticket * 2 + 2, now_, 0.5));
  }
  Timestamp over = now_;
  ASSERT_TRUE(DoCommand(RetireProbeCommand{TestProbe()}).outcome.ok());  // or it would be missed
  Silence silence;
  silence.id = "s";
  silence.customer = "acme";
  silence.matchers = {R"(alertname="LoadHigh")"};
  silence.from = now_;
  silence.to = now_ + 1h;
  ASSERT_TRUE(DoCommand(AddSilenceCommand{silence}).outcome.ok());
  EXPECT_EQ(count(StateKind::kTicket), 2u);
  EXPECT_EQ(count(StateKind::kSilence), 1u);
  EXPECT_EQ(count(StateKind::kAudit), 2u);
  const size_t lines = count(StateKind::kTimeline);

  auto tick_until = [&](Timestamp end) {
    while (shard_->NextTimer() && *shard_->NextTimer() <= end) {
      now_ = std::max(now_, *shard_->NextTimer());
      ASSERT_FALSE(Do({PartitionOf("acme"), now_, "forewarn", Tick{}}).empty);
    }
  };
  tick_until(over + closed_kept_ - 3h);
  EXPECT_EQ(count(StateKind::kTicket), 2u);
  EXPECT_EQ(count(StateKind::kTimeline), lines);
  Restart();  // which knows as well what is due
  tick_until(over + closed_kept_ + 2h);
  EXPECT_EQ(count(StateKind::kTicket), 1u);
  EXPECT_EQ(count(StateKind::kTimeline), lines / 2);
  EXPECT_EQ(count(StateKind::kSilence), 0u);
  EXPECT_EQ(count(StateKind::kAudit), 0u);
  EXPECT_EQ(shard_->incidents().tickets().size(), 1u);
  EXPECT_TRUE(shard_->planner().silences().empty());
  EXPECT_FALSE(shard_->NextTimer() && *shard_->NextTimer() <= now_) << "no tick for ever";
}

}  // namespace
}  // namespace forewarn
