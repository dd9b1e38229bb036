#include "collector/doors/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "collector/local_log.h"
#include "model/ids.h"
#include "tests/unit/collector/doors/intake_world.h"

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
  SourceToken other = TestToken();
  other.hash = "another one";
  intake_.Revoke(other);
  Submit(Samples({kNow + 1s}));
  EXPECT_THAT(sink_.Hellos(), SizeIs(3));
}

// Its body took a while; the token was good when its header came.
TEST_F(DoorIntakeTest, WhatComesAfterItsTokenWasRevokedIsRefused) {
  SourceToken token = TestToken();
  token.hash = "old";
  intake_.Revoke(token);
  std::optional<Status> answer;
  intake_.Submit(token, Samples({kNow}),
                 [&](const DoorIntake::Outcome& outcome) { answer = outcome.status; });
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->code(), Code::kUnauthenticated);
  EXPECT_THAT(sink_.entries, IsEmpty());
  Submit(Samples({kNow}));  // with another one
  EXPECT_TRUE(outcome_->status.ok());
}

TEST_F(DoorIntakeTest, TheProbeWhoseCertificateItCameWithHandsItIn) {
  SourceToken token = TestToken(Door::kOtlp);
  token.created_by = "00000000-0000-4000-8000-000000000001";
  intake_.Submit(token, Samples({kNow}), [](const DoorIntake::Outcome&) {});
  token.hash = "a token's";
  token.created_by = "operator";
  intake_.Submit(token, Samples({kNow + 1s}), [](const DoorIntake::Outcome&) {});
  ASSERT_THAT(sink_.entries, SizeIs(3));
  EXPECT_EQ(sink_.entries[1].actor, "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(sink_.entries[2].actor, token.source_id);
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

// A sink that keeps one customer's thread in it.
class SlowSink : public EntrySink {
 public:
  bool SubmitAll(std::span<Submission> together) override {
    if (std::get_if<Batch>(&together.back().entry.what)->source.installation == "slow") {
      reached.set_value();
      free.get_future().wait();
    }
    for (Submission& each : together) done.push_back(std::move(each.done));
    return true;
  }
  std::promise<void> reached;
  std::promise<void> free;
  std::vector<std::function<void(const Status&, const std::string&)>> done;
};

TEST_F(DoorIntakeTest, OneSourceKeepsNeitherAnotherNorTheCommitterWaiting) {
  SlowSink sink;
  DoorIntake intake(sink, metrics_, clock_, limits_);
  auto submit = [&](const std::string& installation) {
    SourceToken from = TestToken();
    from.installation = from.source_id = installation;
    BatchBuilder builder(from, limits_, clock_.Now());
    builder.AddSample(builder.AddSeries({{"__name__", "up"}}), ToMillis(kNow), 1);
    intake.Submit(from, builder.Take(), [](const DoorIntake::Outcome&) {});
  };
  submit("quick");
  std::vector<std::function<void(const Status&, const std::string&)>> first = std::move(sink.done);
  std::thread slow([&] { submit("slow"); });
  sink.reached.get_future().wait();
  auto others = std::async(std::launch::async, [&] {
    for (auto& done : first) done(OkStatus(), EncodeRecord(BatchReply()));
    sink.done.clear();
    submit("quick");
    SourceToken slow_one = TestToken();
    slow_one.source_id = "slow";
    intake.Revoke(slow_one);
  });
  EXPECT_EQ(others.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  sink.free.set_value();
  slow.join();
  others.get();
}

TEST_F(DoorIntakeTest, CountsEventsWhenTheyAreDurable) {
  sink_.hold = true;
  Submit(OneEvent("full"));
  auto accepted = testing::HasSubstr(
      "forewarn_ingest_events_total{protocol=\"prometheus\",result=\"accepted\"} 1");
  EXPECT_THAT(metrics_.Text(), testing::Not(accepted));
  sink_.AnswerAll();
  EXPECT_THAT(metrics_.Text(), accepted);
  Submit(OneEvent("other"));
  sink_.outcome = PermissionDenied("retired");
  sink_.AnswerAll();
  EXPECT_THAT(metrics_.Text(), accepted) << "what was not stored is not counted";
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
