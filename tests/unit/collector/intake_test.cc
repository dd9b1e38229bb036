#include "collector/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forewarn/v1/ingest.pb.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

const Timestamp kNow = FromMillis(1'780'000'000'000);
const ProbeIdentity kProbe = {"acme", "prod", "2f1f0a4e-8f53-4c87-9f0e-0d8f5b8e6a11"};

class NoShards : public EntrySink {
 public:
  bool SubmitAll(std::span<Submission>) override { return false; }
};

class IntakeTest : public testing::Test {
 protected:
  NoShards sink_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  const Intake intake_{sink_, metrics_, clock_, LimitSettings()};
};

TEST_F(IntakeTest, ABatchBecomesAnEntryOfItsProbeThatArrivesNow) {
  Batch batch;
  batch.source = kProbe;
  batch.sequence = 3;
  batch.rounds = {Round{kNow}, Round{kNow + 24h}};
  uint64_t rounds_ahead = 0;
  Submission submission = intake_.Take(batch, rounds_ahead);
  EXPECT_EQ(submission.entry.arrival, kNow);
  EXPECT_EQ(submission.entry.actor, kProbe.probe);
  EXPECT_EQ(std::get<Batch>(submission.entry.what).sequence, 3u);
  EXPECT_EQ(rounds_ahead, 1u);
}

TEST_F(IntakeTest, TheWelcomeTellsWhereToGoOnAndWhatIsTheMost) {
  HelloCommand hello;
  hello.clock_offset = -3s;
  HelloReply reply;
  reply.epoch = 7;
  reply.sequence = 12;
  v1::Welcome welcome = intake_.Welcome(hello, reply);
  EXPECT_EQ(welcome.clock_ms(), ToMillis(kNow));
  EXPECT_EQ(welcome.clock_offset_ms(), -3000);
  EXPECT_EQ(welcome.epoch(), 7u);
  EXPECT_EQ(welcome.sequence(), 12u);
  EXPECT_EQ(welcome.max_batch_bytes(), static_cast<uint64_t>(intake_.limits.max_batch_size));
}

TEST_F(IntakeTest, AMessageAboveTheLimitIsRefusedWithBothSizesAndTheRemedy) {
  auto limit = static_cast<size_t>(intake_.limits.max_batch_size);
  EXPECT_TRUE(intake_.CheckSize(limit).ok());
  Status refused = intake_.CheckSize(limit + 1);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr(std::to_string(limit + 1) + " bytes"));
  EXPECT_THAT(refused.message(), HasSubstr("raise limits.max_batch_size"));
}

TEST_F(IntakeTest, TheAckSaysOnceWhatWasLeftOutAndWhatToDo) {
  RefusalSum sum;
  BatchReply reply;
  reply.too_old = 2;
  reply.series_limit = 1;
  sum.Add(reply, 1);
  sum.Add(reply, 0);
  v1::Ack ack;
  sum.MoveTo(intake_.limits, ack);
  ASSERT_EQ(ack.refusals_size(), 3);
  EXPECT_EQ(ack.refusals(0).reason(), "too_old");
  EXPECT_EQ(ack.refusals(0).count(), 4u);
  EXPECT_THAT(ack.refusals(0).detail(), HasSubstr("raise limits.accepted_age"));
  EXPECT_EQ(ack.refusals(1).reason(), "too_new");
  EXPECT_THAT(ack.refusals(1).detail(), HasSubstr("rounds"));
  EXPECT_EQ(ack.refusals(2).reason(), "series_limit");
  EXPECT_THAT(ack.refusals(2).detail(), HasSubstr("limits.series_per_customer"));

  v1::Ack next;
  sum.MoveTo(intake_.limits, next);
  EXPECT_EQ(next.refusals_size(), 0);
}

TEST_F(IntakeTest, SamplesAreCountedByWhatBecameOfThem) {
  BatchReply reply;
  reply.too_old = 2;
  intake_.Count(10, false, reply);
  intake_.Count(5, true, {});
  intake_.Refuse(kProbe, InvalidArgument("bad"));
  std::string text = metrics_.Text();
  EXPECT_THAT(
      text,
      HasSubstr("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"accepted\"} 8"));
  EXPECT_THAT(
      text, HasSubstr("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"too_old\"} 2"));
  EXPECT_THAT(
      text,
      HasSubstr("forewarn_ingest_samples_total{protocol=\"forewarn\",result=\"duplicate\"} 5"));
  EXPECT_THAT(text, HasSubstr("forewarn_ingest_batches_total{result=\"refused\"} 1"));
}

}  // namespace
}  // namespace forewarn
