#include "collector/doors/source_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class SourceMemoryTest : public testing::Test {
 protected:
  // One batch with a gauge and the differences at these times, and events of these names.
  DoorBatch Make(std::vector<Timestamp> differences, std::vector<std::string> events = {}) {
    BatchBuilder builder(TestToken(), limits_, kNow);
    if (!differences.empty()) {
      builder.AddSample(builder.AddSeries({{"__name__", "up"}}), ToMillis(kNow), 1);
      uint32_t series = builder.AddSeries({{"__name__", "jobs_total"}});
      for (Timestamp at : differences) builder.AddDifference(series, ToMillis(at), 10);
    }
    for (const std::string& name : events) {
      Event event;
      event.at = kNow;
      event.message = name;
      builder.AddEvent(event);
    }
    std::vector<DoorBatch> batches = builder.Take();
    EXPECT_THAT(batches, SizeIs(1));
    return batches[0];
  }
  SourceMemory::Claim Take(DoorBatch& batch, Timestamp now = kNow) {
    repeated_ = {};
    return memory_.Take(batch, ++ticket_, now, limits_, repeated_);
  }

  LimitSettings limits_;
  SourceMemory memory_;
  SourceMemory::Repeated repeated_;
  uint64_t ticket_ = 0;
};

TEST_F(SourceMemoryTest, DifferencesBecomeSumsAndOtherSamplesStay) {
  DoorBatch batch = Make({kNow, kNow + 1s});
  Take(batch);
  EXPECT_THAT(batch.batch.samples.values, ElementsAre(1, 0, 10, 20));
  EXPECT_THAT(repeated_.tickets, IsEmpty());
}

TEST_F(SourceMemoryTest, WhatIsKnownIsTakenOutAndSaysWhatBroughtIt) {
  DoorBatch first = Make({kNow}, {"a"});
  DoorBatch second = Make({kNow + 1s}, {"b"});
  Take(first);
  Take(second);
  DoorBatch batch = Make({kNow, kNow + 1s, kNow + 2s}, {"a", "c"});
  Take(batch);
  EXPECT_THAT(batch.batch.samples.values, ElementsAre(1, 30));
  EXPECT_THAT(batch.batch.samples.times, ElementsAre(kNow, kNow + 2s));
  ASSERT_THAT(batch.batch.events, SizeIs(1));
  EXPECT_EQ(batch.batch.events[0].message, "c");
  EXPECT_EQ(repeated_.events, 1u);
  EXPECT_EQ(repeated_.samples.duplicate, 2u);
  EXPECT_THAT(repeated_.tickets, ElementsAre(1, 2));
}

TEST_F(SourceMemoryTest, ADifferenceThatWasOvertakenIsAddedBehindTheNewest) {
  DoorBatch first = Make({kNow, kNow + 10s});
  DoorBatch overtaken = Make({kNow + 5s});
  DoorBatch again = overtaken;
  DoorBatch next = Make({kNow + 20s});
  Take(first);
  Take(overtaken);
  EXPECT_EQ(repeated_.samples.duplicate, 0u);
  EXPECT_THAT(overtaken.batch.samples.values, ElementsAre(1, 30));
  EXPECT_THAT(overtaken.batch.samples.times, ElementsAre(kNow, kNow + 10s + 1ms));
  Take(again);
  EXPECT_EQ(repeated_.samples.duplicate, 1u);
  EXPECT_THAT(again.batch.samples.values, ElementsAre(1));
  Take(next);
  EXPECT_THAT(next.batch.samples.values, ElementsAre(1, 40));
}

TEST_F(SourceMemoryTest, NothingIsLeftOfWhatHeldNothingElse) {
  DoorBatch batch = Make({}, {"a"});
  DoorBatch again = batch;
  Take(batch);
  Take(again);
  EXPECT_THAT(again.batch.events, IsEmpty());
  EXPECT_EQ(again.batch.samples.table, nullptr);
}

TEST_F(SourceMemoryTest, WhatWasTakenBackIsNew) {
  DoorBatch first = Make({kNow, kNow + 1s}, {"a"});
  DoorBatch again = first;
  memory_.TakeBack(Take(first));
  Take(again);
  EXPECT_THAT(again.batch.samples.values, ElementsAre(1, 0, 10, 20));
  EXPECT_THAT(again.batch.events, SizeIs(1));
}

TEST_F(SourceMemoryTest, WhatWasNotStoredIsNewUnlessALaterSumCarriesIt) {
  DoorBatch first = Make({kNow}, {"a"});
  DoorBatch later = Make({kNow + 1s});
  DoorBatch again = first;
  SourceMemory::Claim claim = Take(first);
  Take(later);
  memory_.Forget(claim);
  Take(again);
  EXPECT_THAT(again.batch.samples.values, ElementsAre(1));
  EXPECT_THAT(again.batch.events, SizeIs(1));
  EXPECT_THAT(repeated_.tickets, ElementsAre(2)) << "its difference comes with the later sum";
}

TEST_F(SourceMemoryTest, WhatTheFoldWouldLeaveOutIsNotAddedUp) {
  DoorBatch batch = Make({kNow - 200 * 24h, kNow + 1h, kNow});
  Take(batch);
  EXPECT_EQ(repeated_.samples.too_old, 1u);
  EXPECT_EQ(repeated_.samples.too_new, 1u);
  EXPECT_THAT(batch.batch.samples.values, ElementsAre(1, 0, 10));
}

TEST_F(SourceMemoryTest, ASeriesThatWasSilentForADayIsForgotten) {
  DoorBatch first = Make({kNow});
  Take(first);
  DoorBatch next = Make({kNow + 24h});
  Take(next, kNow + 24h);
  EXPECT_THAT(next.batch.samples.values, ElementsAre(1, 20));
  next = Make({kNow + 49h});
  Take(next, kNow + 49h);
  EXPECT_THAT(next.batch.samples.values, ElementsAre(1, 0, 10));
}

TEST_F(SourceMemoryTest, ASumIsSeenToBeginWhereItsFirstDifferenceCountsFrom) {
  auto begins = [&](Timestamp since, Timestamp at) {
    BatchBuilder builder(TestToken(), limits_, kNow);
    builder.AddDifference(builder.AddSeries({{"__name__", "jobs_total"}}), ToMillis(at), 10,
                          ToMillis(since));
    DoorBatch batch = builder.Take()[0];
    SourceMemory().Take(batch, 1, kNow, limits_, repeated_);
    EXPECT_EQ(batch.batch.samples.values.front(), 0);
    EXPECT_EQ(batch.batch.samples.values.back(), 10);
    EXPECT_EQ(batch.batch.samples.times.back(), at);
    return batch.batch.samples.times.front();
  };
  EXPECT_EQ(begins(kNow - 1min, kNow), kNow - 1min + 1ms) << "behind the last of another process";
  EXPECT_EQ(begins(kTimeZero, kNow), kNow - 1s) << "it is not said";
  EXPECT_EQ(begins(kNow + 1s, kNow), kNow - 1s) << "it cannot be";
  EXPECT_EQ(begins(kNow - 365 * 24h, kNow), kNow - limits_.accepted_age);
}

}  // namespace
}  // namespace forewarn
