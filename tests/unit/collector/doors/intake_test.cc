#include "collector/doors/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "collector/doors/batch_builder.h"
#include "collector/local_log.h"
#include "model/ids.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Door = SourceToken::Door;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class DoorIntakeTest : public testing::Test {
 protected:
  // A request with one sample at each of the times.
  std::vector<DoorBatch> Samples(std::vector<Timestamp> times, int copies = 1) {
    BatchBuilder builder(TestToken(), limits_, clock_.Now());
    uint32_t up = builder.AddSeries({{"__name__", "up"}});
    for (Timestamp at : times) {
      for (int i = 0; i < copies; ++i) builder.AddSample(up, ToMillis(at), 1);
    }
    return builder.Take();
  }
  std::vector<DoorBatch> OneEvent(const std::string& message = "") {
    BatchBuilder builder(TestToken(), limits_, clock_.Now());
    Event event;
    event.at = kNow;
    event.message = message;
    builder.AddEvent(event);
    return builder.Take();
  }

  void Submit(std::vector<DoorBatch> batches, Door door = Door::kPrometheus) {
    outcome_.reset();
    intake_.Submit(TestToken(door), std::move(batches), [this](const DoorIntake::Outcome& outcome) {
      EXPECT_FALSE(outcome_.has_value());
      outcome_ = outcome;
    });
    sink_.Settle();
  }
  std::vector<Timestamp> RoundEnds() {
    std::vector<Timestamp> ends;
    for (const Batch& batch : sink_.Batches()) {
      for (const Round& round : batch.rounds) ends.push_back(round.end);
    }
    return ends;
  }

  const LimitSettings limits_;
  FakeSink sink_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  DoorIntake intake_{sink_, metrics_, clock_, limits_};
  std::optional<DoorIntake::Outcome> outcome_;
};

TEST_F(DoorIntakeTest, AnswersWhenAllOfItIsDurableAndNotBefore) {
  sink_.hold = true;
  Submit(Samples({kNow}, 25'000));
  EXPECT_THAT(sink_.Batches(), SizeIs(3));
  EXPECT_FALSE(outcome_.has_value());
  sink_.reply.duplicate = 5;
  sink_.AnswerAll();
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_TRUE(outcome_->status.ok());
  EXPECT_EQ(outcome_->samples, 25'000u);
  EXPECT_EQ(outcome_->refused.duplicate, 3 * 5u);
}

TEST_F(DoorIntakeTest, BringsItToTheHomeOfTheCustomer) {
  Submit(Samples({kNow}));
  for (const Entry& entry : sink_.entries) {
    EXPECT_EQ(entry.partition, PartitionOf("acme"));
    EXPECT_EQ(entry.actor, SourceId("acme", "main", "monitoring"));
    EXPECT_EQ(entry.arrival, kNow);
  }
}

TEST_F(DoorIntakeTest, TellsTheSenderToComeAgainWhenThereIsNoRoom) {
  sink_.room = 3;  // the hello and two of three
  Submit(Samples({kNow}, 25'000));
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_THAT(sink_.entries, IsEmpty()) << "all or nothing";
  EXPECT_EQ(outcome_->status.code(), Code::kUnavailable);
  EXPECT_THAT(metrics_.Text(), HasSubstr("forewarn_ingest_slowed_down_total 1"));
  // The round that could not be said is said when it comes again.
  sink_.room = 100;
  Submit(Samples({kNow}, 25'000));
  EXPECT_TRUE(outcome_->status.ok());
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 10s));
}

TEST_F(DoorIntakeTest, TakesAnEventOnceHoweverOftenItIsSent) {
  for (int i = 0; i < 3; ++i) {
    Submit(OneEvent("full"));
    EXPECT_TRUE(outcome_->status.ok());
  }
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
  EXPECT_THAT(
      metrics_.Text(),
      HasSubstr("forewarn_ingest_events_total{protocol=\"prometheus\",result=\"duplicate\"} 2"));
  clock_.Advance(2h + 1ms);
  Submit(OneEvent("full"));
  EXPECT_THAT(sink_.Batches(), SizeIs(2)) << "an hour later nobody remembers";
}

TEST_F(DoorIntakeTest, AnEventThatCouldNotBeTakenIsNewWhenItComesAgain) {
  sink_.room = 1;
  Submit(OneEvent("full"));
  EXPECT_EQ(outcome_->status.code(), Code::kUnavailable);
  sink_.room = 10;
  Submit(OneEvent("full"));
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

// The first has not reached the disk when its sender loses patience and sends it again.
TEST_F(DoorIntakeTest, WhatIsSentAgainIsAnsweredWhenTheFirstIsDurableAndNotBefore) {
  sink_.hold = true;
  std::vector<std::string> answers;
  for (const char* name : {"first", "again"}) {
    intake_.Submit(TestToken(), OneEvent("full"), [&answers, name](const DoorIntake::Outcome& it) {
      answers.push_back(name + (": " + it.status.ToString()));
    });
  }
  EXPECT_THAT(answers, IsEmpty());
  sink_.AnswerAll();
  EXPECT_THAT(answers, testing::UnorderedElementsAre("first: ok", "again: ok"));
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(DoorIntakeTest, WhatRepeatsAFailedOneIsSentAgainAndIsNewThen) {
  sink_.hold = true;
  std::vector<Code> answers;
  for (int i = 0; i < 2; ++i) {
    intake_.Submit(TestToken(), OneEvent("full"), [&answers](const DoorIntake::Outcome& it) {
      answers.push_back(it.status.code());
    });
  }
  sink_.outcome = PermissionDenied("retired");
  sink_.AnswerAll();
  EXPECT_THAT(answers, testing::UnorderedElementsAre(Code::kPermissionDenied, Code::kUnavailable));
  sink_.outcome = OkStatus();
  sink_.hold = false;
  Submit(OneEvent("full"));
  EXPECT_TRUE(outcome_->status.ok());
  EXPECT_THAT(sink_.Batches(), SizeIs(2));
}

TEST_F(DoorIntakeTest, ARequestThatFoundRoomForSomeOfItDoublesNothingWhenItComesAgain) {
  auto events = [&] {
    BatchBuilder builder(TestToken(), limits_, clock_.Now());
    for (int i = 0; i < 100; ++i) {
      Event event;
      event.at = kNow + Duration(i);
      event.message = std::string(30'000, 'x');
      builder.AddEvent(event);
    }
    return builder.Take();
  };
  sink_.room = 2;
  Submit(events());
  EXPECT_EQ(outcome_->status.code(), Code::kUnavailable);
  sink_.room = 100;
  Submit(events());
  EXPECT_TRUE(outcome_->status.ok());
  size_t taken = 0;
  for (const Batch& batch : sink_.Batches()) taken += batch.events.size();
  EXPECT_EQ(taken, 100u);
}

TEST_F(DoorIntakeTest, ALargeRequestFindsRoomInAQueueThatOthersKeepFull) {
  class Log : public EntrySink {
   public:
    bool SubmitAll(std::span<Submission> together) override { return log.SubmitAll(together); }
    LocalLog log{4};
  } full;
  for (int i = 0; i < 4; ++i) {
    Batch batch;
    batch.source.customer = "customer-" + std::to_string(i);
    Submission other = {Entry{0, kNow, "", std::move(batch)}, nullptr};
    ASSERT_TRUE(full.Submit(other));
  }
  DoorIntake intake(full, metrics_, clock_, limits_);
  std::optional<Status> answer;
  intake.Submit(TestToken(), Samples({kNow}, 25'000),
                [&](const DoorIntake::Outcome& outcome) { answer = outcome.status; });
  EXPECT_FALSE(answer.has_value()) << answer->ToString();
  EXPECT_EQ(full.log.size(), 4u + 1 + 3) << "a hello and three batches";
}

TEST_F(DoorIntakeTest, SaysHelloOnceAndWhetherSilenceMeansAnything) {
  Submit(OneEvent("a"));
  Submit(OneEvent("b"));
  ASSERT_THAT(sink_.Hellos(), SizeIs(1));
  EXPECT_TRUE(sink_.Hellos()[0].unwatched);
  EXPECT_EQ(sink_.Hellos()[0].host, "monitoring");
  EXPECT_EQ(sink_.Hellos()[0].version, "prometheus");
  Submit(Samples({kNow}));
  Submit(OneEvent("c"));
  ASSERT_THAT(sink_.Hellos(), SizeIs(2));
  EXPECT_FALSE(sink_.Hellos()[1].unwatched);
  intake_.Forget(SourceId("acme", "main", "monitoring"));
  Submit(Samples({kNow + 1s}));
  EXPECT_THAT(sink_.Hellos(), SizeIs(3));
}

TEST_F(DoorIntakeTest, AnAlertmanagerMayBeSilent) {
  Submit(Samples({kNow}), Door::kAlertmanager);
  ASSERT_THAT(sink_.Hellos(), SizeIs(1));
  EXPECT_TRUE(sink_.Hellos()[0].unwatched);
}

TEST_F(DoorIntakeTest, NothingAtAllIsDurableAtOnce) {
  Submit({});
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_TRUE(outcome_->status.ok());
  EXPECT_THAT(sink_.entries, IsEmpty());
}

TEST_F(DoorIntakeTest, EndsARoundAShortWhileBehindTheNewestSample) {
  Submit(Samples({kNow - 1h, kNow - 20s}));
  Submit(Samples({kNow - 15s}));  // too close to the last one
  clock_.Advance(20s);
  Submit(Samples({kNow + 5s}));
  Submit(Samples({kNow - 2h}));  // late ones move nothing
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 30s, kNow - 5s));
  EXPECT_EQ(sink_.Batches()[2].rounds[0].interval, 25s);
}

TEST_F(DoorIntakeTest, ARoundNeverLiesAheadOfTheClock) {
  Submit(Samples({kNow + 5min}));
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 10s));
}

TEST_F(DoorIntakeTest, OtherDoorsSendWhatBelongsTogetherAtOnce) {
  Submit(Samples({kNow - 1s}), Door::kOtlp);
  EXPECT_THAT(RoundEnds(), testing::ElementsAre(kNow - 1s));
}

TEST_F(DoorIntakeTest, CountsWhatBecameOfTheSamples) {
  sink_.reply.too_old = 1;
  Submit(Samples({kNow, kNow + 1s, kNow + 2s}));
  EXPECT_EQ(outcome_->lost(), 1u);
  EXPECT_THAT(
      metrics_.Text(),
      HasSubstr("forewarn_ingest_samples_total{protocol=\"prometheus\",result=\"accepted\"} 2"));
}

TEST_F(DoorIntakeTest, ExplainsWhatWasLeftOut) {
  DoorIntake::Outcome outcome;
  EXPECT_EQ(DoorIntake::Explain(outcome, limits_), "");
  outcome.refused.duplicate = 7;
  EXPECT_EQ(DoorIntake::Explain(outcome, limits_), "");
  outcome.refused.too_old = 1;
  outcome.refused.too_new = 2;
  EXPECT_EQ(
      DoorIntake::Explain(outcome, limits_),
      "1 sample older than 192 h (limits.accepted_age); 2 samples more than 600 s ahead of the "
      "collector's clock (limits.accepted_future)");
  outcome.refused.series_limit = 3;
  EXPECT_THAT(DoorIntake::Explain(outcome, limits_), HasSubstr("limits.series_per_probe"));
}

}  // namespace
}  // namespace forewarn
