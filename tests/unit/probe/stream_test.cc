#include "probe/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/probe/stream_fixture.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(StreamTest, DeliversEachBatchOnceAndInOrder) {
  Append(20);
  Settle();
  EXPECT_EQ(collector_.mistake, "");
  EXPECT_EQ(collector_.applied.size(), 20u);
  EXPECT_EQ(collector_.received.size(), 20u);
  EXPECT_EQ(told_.size(), 20u);
  EXPECT_TRUE(stream_->stats().connected);
  EXPECT_TRUE(stream_->idle());
}

TEST_F(StreamTest, NamesASeriesOnceAStream) {
  Append(3);
  Settle();
  EXPECT_EQ(collector_.applied.begin()->second.series_size(), 2);
  EXPECT_EQ(collector_.applied.rbegin()->second.series_size(), 0);
  ASSERT_EQ(collector_.samples.size(), 6u);
  EXPECT_EQ(collector_.samples[4].first, "__name__,m,a,b,");
  EXPECT_EQ(collector_.samples[4].second, 3.0);
}

TEST_F(StreamTest, PacksSamplesForACollectorThatReadsThem) {
  Append(3);
  Settle();
  for (const auto& [id, batch] : collector_.applied) {
    EXPECT_FALSE(batch.packed_samples().empty());
    EXPECT_EQ(batch.samples_size(), 0);
  }
  EXPECT_EQ(collector_.samples.size(), 6u);
}

TEST_F(StreamTest, SendsColumnsToAnOlderCollector) {
  collector_.welcome.clear_capabilities();
  Append(3);
  Settle();
  for (const auto& [id, batch] : collector_.applied) {
    EXPECT_TRUE(batch.packed_samples().empty());
    EXPECT_EQ(batch.samples_size(), 1);
  }
  ASSERT_EQ(collector_.samples.size(), 6u);
  EXPECT_EQ(collector_.samples[5].second, 3.0);
}

TEST_F(StreamTest, WhatABlockCannotHoldGoesBesideIt) {
  SpoolItem item;
  item.at = kStart;
  for (uint32_t i = 0; i < kPackedSamplesMax + 2; ++i) {
    item.samples.push_back({MakeSeriesName("m", {}), static_cast<double>(i)});
  }
  ASSERT_TRUE(spool_->Append(item, clock_.Now()).ok());
  Settle();
  EXPECT_EQ(collector_.mistake, "");
  ASSERT_EQ(collector_.samples.size(), kPackedSamplesMax + 2u);
  EXPECT_EQ(collector_.samples.back().second, kPackedSamplesMax + 1.0);
}

TEST_F(StreamTest, HasNoMoreUnderWayThanTheCollectorWishes) {
  collector_.hold_acks = true;
  Append(20);
  for (int i = 0; i < 10; ++i) stream_->Step(10ms);
  EXPECT_EQ(collector_.received.size(), 4u);
  collector_.hold_acks = false;
  collector_.ack_template.set_max_in_flight(2);
  Settle();
  EXPECT_EQ(collector_.applied.size(), 20u);
  EXPECT_EQ(collector_.most_in_flight, 4u);
}

TEST_F(StreamTest, WaitsWhenTheCollectorAsksFor) {
  collector_.ack_template.set_delay_ms(30'000);
  collector_.welcome.set_max_in_flight(1);
  Append(2);
  for (int i = 0; i < 10; ++i) stream_->Step(10ms);
  EXPECT_EQ(collector_.received.size(), 1u);
  clock_.Advance(30s);
  stream_->Step(10ms);
  EXPECT_EQ(collector_.received.size(), 2u);
}

TEST_F(StreamTest, AnAckWithoutAWishRestoresTheWindow) {
  collector_.ack_template.set_max_in_flight(1);
  Append(1);
  Settle();
  collector_.ack_template.clear_max_in_flight();
  Append(1);
  Settle();
  collector_.hold_acks = true;
  Append(10);
  for (int i = 0; i < 10; ++i) stream_->Step(10ms);
  EXPECT_EQ(collector_.received.size(), 2u + 4u);
}

TEST_F(StreamTest, SendsAgainWhatNoAckCovered) {
  collector_.drop_call_after = 2;
  collector_.lose_ack_of_last = true;
  Append(6);
  Settle();
  EXPECT_EQ(collector_.mistake, "");
  EXPECT_EQ(collector_.applied.size(), 6u);
  EXPECT_EQ(collector_.samples.size(), 12u);
  EXPECT_EQ(collector_.calls, 2);
  EXPECT_EQ(told_.size(), 6u) << "the ledger has each batch once";
}

TEST_F(StreamTest, ComesBackLaterAndLater) {
  collector_.unreachable = true;
  Append(1);
  std::vector<Duration> tries;
  int calls = 0;
  while (clock_.Monotonic() < 10min) {
    stream_->Step(10ms);
    if (collector_.calls > calls) {
      calls = collector_.calls;
      tries.push_back(clock_.Monotonic());
    }
    clock_.Advance(10ms);
  }
  ASSERT_GT(tries.size(), 10u);
  EXPECT_LT(tries[1] - tries[0], 600ms);
  EXPECT_GT(tries.back() - tries[tries.size() - 2], 29s);
  EXPECT_LE(tries.back() - tries[tries.size() - 2], 61s);
  EXPECT_FALSE(stream_->stats().connected);
  EXPECT_THAT(stream_->stats().last_error, HasSubstr("connection refused"));
  collector_.unreachable = false;
  Settle();
  EXPECT_EQ(collector_.applied.size(), 1u);
  EXPECT_EQ(stream_->stats().last_error, "");
}

TEST_F(StreamTest, GivesUpACallThatDoesNotAnswer) {
  collector_.silent = true;
  Append(1);
  for (int i = 0; i < 30; ++i) {
    if (!stream_->Step(1s)) clock_.Advance(1s);
  }
  EXPECT_GE(collector_.calls, 2);
  EXPECT_GE(stream_->stats().failures, 1u);
  EXPECT_THAT(stream_->stats().last_error, HasSubstr("does not answer"));
}

TEST_F(StreamTest, GivesUpACallWhoseAcksStopComing) {
  collector_.hold_acks = true;
  Append(1);
  for (int i = 0; i < 70; ++i) {
    if (!stream_->Step(1s)) clock_.Advance(1s);
  }
  EXPECT_EQ(collector_.calls, 2);
  collector_.hold_acks = false;
  Settle();
  EXPECT_EQ(collector_.samples.size(), 2u) << "applied once";
}

TEST_F(StreamTest, TurnsARefusedBatchIntoAGapAndKeepsTheOthers) {
  collector_.refuses = [](const v1::Batch& batch) {
    return batch.sequence() == 5 && !batch.packed_samples().empty();
  };
  Append(10);
  Settle();
  EXPECT_EQ(collector_.mistake, "");
  EXPECT_EQ(collector_.applied.size(), 10u);
  EXPECT_EQ(collector_.samples.size(), 18u);
  const v1::Batch& fifth = collector_.applied.at({spool_->stats().epoch, 5});
  ASSERT_EQ(fifth.gaps_size(), 1);
  EXPECT_EQ(fifth.gaps(0).reason(), "refused");
  EXPECT_EQ(fifth.gaps(0).count(), 2u);
  EXPECT_EQ(fifth.rounds_size(), 1) << "evaluation goes on";
  EXPECT_EQ(stream_->stats().batches_refused, 1u);
}

TEST_F(StreamTest, LosesNoBatchToARefusalThatNamesNone) {
  int refusals = 3;  // as gRPC does while it is short of memory
  collector_.names_the_refused = false;
  collector_.refuses = [&](const v1::Batch&) { return refusals-- > 0; };
  Append(1);
  Settle();
  EXPECT_EQ(collector_.samples.size(), 2u);
  EXPECT_EQ(stream_->stats().batches_refused, 0u);
}

TEST_F(StreamTest, GivesUpABatchThatNobodyTakesSoThatTheOthersPass) {
  collector_.names_the_refused = false;
  collector_.refuses = [](const v1::Batch& batch) {
    return batch.sequence() == 5 && !batch.packed_samples().empty();
  };
  Append(10);
  Settle();
  EXPECT_EQ(collector_.samples.size(), 18u);
  EXPECT_EQ(stream_->stats().batches_refused, 1u);
}

TEST_F(StreamTest, ABatchLargerThanALimitThatWasLoweredIsGivenUpUnsent) {
  SpoolItem item;
  item.at = kStart;
  for (int i = 0; i < 300; ++i) {
    std::string label = std::to_string(i);
    item.samples.push_back({MakeSeriesName("m", {{"i", label}}), 1.0 * i});
  }
  ASSERT_TRUE(spool_->Append(item, kStart).ok());
  Append(3);
  collector_.welcome.set_max_batch_bytes(1000);
  Settle();
  EXPECT_EQ(stream_->stats().batches_refused, 1u);
  EXPECT_EQ(collector_.samples.size(), 6u);
  EXPECT_EQ(collector_.received.size(), 4u) << "the large one was never handed over";
  EXPECT_EQ(collector_.applied.begin()->second.gaps(0).count(), 300u);
  EXPECT_THAT(stream_->stats().last_refusal, HasSubstr("more than the 1kB that the collector"));
  EXPECT_EQ(told_.size(), 4u);
}

TEST_F(StreamTest, GivesUpTheNamedBatchAlsoWhenOthersWereSentBeforeIt) {
  collector_.hold_acks = true;
  collector_.refuses = [](const v1::Batch& batch) {
    return batch.sequence() == 3 && batch.gaps_size() == 0;
  };
  Append(4);
  stream_->Step(10ms);
  collector_.hold_acks = false;
  Settle();
  EXPECT_EQ(stream_->stats().batches_refused, 1u);
  EXPECT_EQ(collector_.samples.size(), 6u);
  for (const auto& [name, batch] : collector_.applied) {
    EXPECT_EQ(batch.gaps_size() > 0, name.second == 3) << name.second;
  }
}

TEST_F(StreamTest, NamesWhatItCanDoAndGoesOnWhenAskedForMore) {
  collector_.welcome.mutable_config()->set_generation("g2");
  collector_.welcome.add_evidence()->set_kind("top");
  Append(2);
  Settle();
  EXPECT_THAT(collector_.hello.capabilities(), ElementsAre("ReportsHealth", "ReportsHeartbeat"));
  EXPECT_EQ(collector_.hello.config_generation(), "");
  EXPECT_EQ(collector_.samples.size(), 4u);
}

TEST_F(StreamTest, TellsAlsoOfWhatWasUnderWayWhenTheProbeDied) {
  Append(2);
  ASSERT_TRUE(spool_->Seal(kStart).ok());  // and died before it was told of
  Settle();
  EXPECT_THAT(told_, ElementsAre(1, 2));
  stream_->Reconnect(collector_);
  Append(1);
  Settle();
  EXPECT_THAT(told_, ElementsAre(1, 2, 3));
}

TEST_F(StreamTest, RefusesNothingOfItsOwnWhenTheHelloIsRefused) {
  collector_.hello_error = ResourceExhausted("too many probes");
  Append(3);
  for (int i = 0; i < 5; ++i) {
    stream_->Step(10ms);
    clock_.Advance(2min);
  }
  collector_.hello_error = OkStatus();
  Settle();
  EXPECT_EQ(collector_.samples.size(), 6u);
  EXPECT_EQ(stream_->stats().batches_refused, 0u);
}

TEST_F(StreamTest, StartsANewEpochForACollectorThatLostWhatItHad) {
  Append(3);
  Settle();
  uint64_t epoch = spool_->stats().epoch;
  collector_.epoch = 0;
  collector_.sequence = 0;
  collector_.applied.clear();
  stream_->Reconnect(collector_);
  Append(2);
  Settle();
  EXPECT_EQ(collector_.mistake, "");
  EXPECT_GT(collector_.epoch, epoch);
  EXPECT_EQ(collector_.sequence, 2u);
}

TEST_F(StreamTest, ReportsWhatTheCollectorLeftOut) {
  v1::Refusal& refusal = *collector_.ack_template.add_refusals();
  refusal.set_reason("series_limit");
  refusal.set_count(3);
  refusal.set_detail("more than 10 series; ask for a higher limit");
  Append(1);
  Settle();
  EXPECT_EQ(stream_->stats().samples_left_out, 3u);
  EXPECT_THAT(stream_->stats().last_refusal, HasSubstr("series_limit: more than 10"));
}

// Strategy: a random walk in which the collector drops calls, loses acks, refuses, holds back and
// goes away, and the probe is killed. Invariants: no rule of the protocol is broken; each sample is
// applied once or declared in a gap.
TEST_F(StreamTest, DeliversOrDeclaresEverythingThroughFaults) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Rng dice(seed);
    TempDir dir;
    ManualClock clock(kStart);
    FakeCollector collector(clock);
    collector.welcome.set_max_in_flight(4);
    SpoolOptions options;
    options.folder = dir / "spool";
    options.sync = false;
    options.max_bytes = 32 << 10;
    options.segment_bytes = 2 << 10;
    std::unique_ptr<Spool> spool = *Spool::Open(options, clock.Now());
    auto stream =
        std::make_unique<Stream>(StreamOptions{}, *spool, collector, clock, dice, nullptr);
    uint64_t appended = 0;
    std::set<double> poison;
    collector.refuses = [&](const v1::Batch& batch) {
      return batch.samples_size() > 0 && poison.contains(batch.samples(0).values(0));
    };
    auto append = [&] {
      SpoolItem item;
      item.at = clock.Now();
      uint64_t count = dice.Below(20) + 1;
      double first = static_cast<double>(appended);
      for (uint64_t i = 0; i < count; ++i) {
        std::string label = std::to_string(i);
        item.samples.push_back(
            {MakeSeriesName("m", {{"i", label}}), static_cast<double>(appended++)});
      }
      if (dice.Chance(0.05)) poison.insert(first);
      (void)spool->Append(item, clock.Now());
    };
    for (int step = 0; step < 600; ++step) {
      if (dice.Chance(0.3)) append();
      collector.unreachable = dice.Chance(0.1);
      collector.hold_acks = dice.Chance(0.2);
      if (dice.Chance(0.1)) collector.drop_call_after = static_cast<int>(dice.Below(4));
      collector.lose_ack_of_last = dice.Chance(0.5);
      if (!stream->Step(100ms)) clock.Advance(500ms);
      if (dice.Chance(0.02)) {
        stream.reset();
        spool.reset();
        spool = *Spool::Open(options, clock.Now());
        stream = std::make_unique<Stream>(StreamOptions{}, *spool, collector, clock, dice, nullptr);
      }
      ASSERT_EQ(collector.mistake, "");
    }
    collector.unreachable = collector.hold_acks = false;
    collector.drop_call_after = -1;
    append();
    for (int i = 0; i < 20'000 && !stream->idle(); ++i) {
      if (!stream->Step(10ms)) clock.Advance(500ms);
    }
    append();  // carries the gaps of what was refused last
    for (int i = 0; i < 20'000 && !stream->idle(); ++i) {
      if (!stream->Step(10ms)) clock.Advance(500ms);
    }
    ASSERT_EQ(collector.mistake, "");
    uint64_t declared = 0;
    for (const auto& [name, batch] : collector.applied) {
      for (const v1::Gap& gap : batch.gaps()) declared += gap.count();
    }
    EXPECT_EQ(collector.samples.size() + declared, appended);
  }
}

}  // namespace
}  // namespace forewarn
