#include <gmock/gmock.h>

#include <cmath>

#include "store/head.h"
#include "tests/unit/store/head_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using HeadReadTest = HeadWorld;

TEST_F(HeadReadTest, FindsWhatItWasTold) {
  Push(Block({{Host(1), kStart, 1}, {Host(2), kStart, 2}, {Host(1), kStart + 15s, 3}}),
       kStart + 15s);
  auto found = head_->Select(All(), kStart, kStart + 1h, {});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].labels, Host(1));
  EXPECT_THAT((*found)[0].samples, ElementsAre(Sample{kStart, 1}, Sample{kStart + 15s, 3}));
  EXPECT_EQ((*found)[1].labels, Host(2));
  EXPECT_EQ(head_->series_count(), 2u);
}

TEST_F(HeadReadTest, SelectsBothEndsOfTheRangeAndNoSeriesWithoutSamplesInIt) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 15s, 2}, {Host(1), kStart + 30s, 3}}),
       kStart);
  EXPECT_THAT(SamplesOf(Host(1), kStart, kStart + 15s),
              ElementsAre(Sample{kStart, 1}, Sample{kStart + 15s, 2}));
  auto found = head_->Select(All(), kStart + 1s, kStart + 14s, {});
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(*found, IsEmpty());
}

TEST_F(HeadReadTest, TellsTheNamesOfSeriesThatMayHaveSamplesInTheRange) {
  Push(Block({{Host(2), kStart, 1}}), kStart);
  Push(Block({{Host(1), kStart + 6h, 1}}), kStart + 6h);
  auto names = [&](Timestamp from, Timestamp to) {
    return *head_->Series(All(), from, to, {.max_series = 2, .max_samples = 0});
  };
  EXPECT_THAT(names(kStart, kStart + 6h), ElementsAre(Host(1), Host(2)));
  EXPECT_THAT(names(kStart + 6h, kStart + 7h), ElementsAre(Host(1)));
  EXPECT_THAT(names(kStart, kStart), ElementsAre(Host(2)));
  EXPECT_THAT(names(kStart + 6h, kStart), IsEmpty());
  // What is sealed may be in the store, up to where it was.
  Seal(kStart + 12h);
  EXPECT_THAT(names(kStart, kStart + 6h), ElementsAre(Host(1), Host(2)));
  EXPECT_THAT(names(kStart + 9h, kStart + 10h), IsEmpty());
  EXPECT_EQ(head_->Series(All(), kStart, kStart + 6h, {.max_series = 1}).status().code(),
            Code::kResourceExhausted);
}

TEST_F(HeadReadTest, SaysTheSameOfASeriesByItsNumber) {
  Push(Block({{Host(3), kStart, 1}, {Host(1), kStart, 2}, {Host(2), kStart + 15s, 3}}), kStart);
  Push(Block({{Host(1), kStart + 5h, 4}}), kStart + 5h);
  Seal(kStart + 12h);
  std::vector<SeriesId> ids = head_->InOrder(*head_->Match(All()));
  auto found = head_->Select(All(), kStart, kStart + 6h, {});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(ids.size(), found->size());
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(head_->LabelsOf(ids[i]), (*found)[i].labels);
    EXPECT_EQ(*head_->Read(ids[i], kStart, kStart + 6h), (*found)[i].samples);
  }
  EXPECT_THAT(*head_->Match({}), IsEmpty());
}

TEST_F(HeadReadTest, StoresLateSamplesAndFindsThemInOrder) {
  Push(Block({{Host(1), kStart + 1h, 3}}), kStart + 1h);
  Push(Block({{Host(1), kStart, 2}, {Host(1), kStart - 24h * 7, 1}}), kStart + 1h);
  EXPECT_THAT(SamplesOf(Host(1)),
              ElementsAre(Sample{kStart - 24h * 7, 1}, Sample{kStart, 2}, Sample{kStart + 1h, 3}));
}

TEST_F(HeadReadTest, FindsWhatIsSealedBeforeItIsDurable) {
  Push(Block({{Host(1), kStart, 1}}), kStart);
  Commit commit = Begin();
  head_->SealBefore(kStart + 2h, commit);
  ASSERT_EQ(commit.chunks.size(), 1u);
  EXPECT_THAT(SamplesOf(Host(1)), ElementsAre(Sample{kStart, 1}));
  EXPECT_EQ(KeptFrom(), 1u) << "the journal is all there is of it";
  Write(commit);
  EXPECT_EQ(KeptFrom(), sequence_ + 1);
  Push(Block({{Host(1), kStart + 3h, 2}}), kStart + 3h);
  EXPECT_THAT(SamplesOf(Host(1)), ElementsAre(Sample{kStart, 1}, Sample{kStart + 3h, 2}));
}

TEST_F(HeadReadTest, ReadsTheRollupsOfWhatWasDroppedAsIfItWereThere) {
  std::vector<std::tuple<Labels, Timestamp, double>> samples;
  for (int i = 0; i < 80; ++i) samples.emplace_back(Host(1), kStart + 15s * i, i);
  Push(Block(samples), kStart + 20min);
  Seal(kStart + 2h);
  Push(Block({{Host(1), kStart + 25h, 99}}), kStart + 25h);
  Store::Retention retention;
  retention.chunks_before = kStart + 24h;
  retention.history_before = kTimeZero;
  retention.journal_kept_from.assign(65, 1);
  ASSERT_TRUE(store_.Drop(retention).ok());
  EXPECT_THAT(SamplesOf(Host(1)), ElementsAre(Sample{kStart + 285s, 19}, Sample{kStart + 585s, 39},
                                              Sample{kStart + 885s, 59}, Sample{kStart + 1185s, 79},
                                              Sample{kStart + 25h, 99}));
}

TEST_F(HeadReadTest, NamesTheLimitThatAQueryWouldPass) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 1s, 1}, {Host(2), kStart, 1}}), kStart);
  auto series = head_->Select(All(), kStart, kStart + 1h, {.max_series = 1});
  EXPECT_EQ(series.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(series.status().message(), HasSubstr("more than 1 series"));
  auto samples = head_->Select(All(), kStart, kStart + 1h, {.max_samples = 2});
  EXPECT_EQ(samples.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(samples.status().message(), HasSubstr("more than 2 samples"));
  EXPECT_TRUE(head_->Select(All(), kStart, kStart + 1h, {.max_series = 2, .max_samples = 3}).ok());
}

TEST_F(HeadReadTest, KeepsStaleMarkersAndOtherNaNsToTheBit) {
  Push(Block({{Host(1), kStart, StaleMarker()}, {Host(1), kStart + 1s, std::nan("7")}}), kStart);
  Seal(kStart + 2h);
  Restart();
  EXPECT_THAT(SamplesOf(Host(1)),
              ElementsAre(Sample{kStart, StaleMarker()}, Sample{kStart + 1s, std::nan("7")}));
}

TEST_F(HeadReadTest, TellsTheReaderOfADamagedChunkAndStillTakesSamples) {
  Push(Block({{Host(1), kStart, 1}}), kStart);
  Commit commit = Begin();
  head_->SealBefore(kStart + 2h, commit);
  ASSERT_EQ(commit.chunks.size(), 1u);
  commit.chunks[0].bytes = "damaged";
  Write(commit);
  EXPECT_EQ(Push(Block({{Host(1), kStart + 1s, 1}}), kStart).duplicate, 0u);
  auto found = head_->Select(All(), kStart, kStart + 1h, {});
  EXPECT_EQ(found.status().code(), Code::kDataLoss);
  EXPECT_THAT(found.status().message(), HasSubstr("host=\"h01\""));
}

TEST(HeadAfterARestart, LooksForASilentSeriesOnce) {
  CountingStore store;
  HeadOptions options;
  const Timestamp end = kStart + 8h;
  {
    Head head(kPartition, store, options);
    ASSERT_TRUE(head.Load().ok());
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = 1;
    head.Append(Block({{Host(1), kStart, 1}, {Host(2), kStart, 2}, {Host(2), end, 3}}), end,
                commit);
    ASSERT_TRUE(head.SealBefore(end + 2h, commit));
    ASSERT_TRUE(store.Commit({&commit, 1}).ok());
  }
  Head head(kPartition, store, options);
  ASSERT_TRUE(head.Load().ok());
  auto samples = [&](int host, Timestamp from) {
    auto found = head.Select({Matcher::Equal("host", fmt::format("h{:02}", host))}, from, end, {});
    EXPECT_TRUE(found.ok());
    return found->empty() ? 0 : found->front().samples.size();
  };
  EXPECT_EQ(samples(1, kStart + 1h), 0u);
  EXPECT_EQ(samples(2, kStart + 1h), 1u);
  EXPECT_EQ(store.asked, 2);
  for (int again = 0; again < 3; ++again) EXPECT_EQ(samples(1, kStart + 2h), 0u);
  EXPECT_EQ(store.asked, 2) << "it is silent since";
  EXPECT_EQ(samples(2, kStart + 2h), 1u);
  EXPECT_EQ(store.asked, 3);
  EXPECT_EQ(samples(1, kStart), 1u) << "what is older is found all the same";
  EXPECT_EQ(samples(2, kStart), 2u);

  Commit again;
  again.partition = kPartition;
  again.sequence = 2;
  Head::Refused refused = head.Append(
      Block({{Host(1), kStart, 9}, {Host(1), kStart + 1h, 9}, {Host(2), end, 9}}), end, again);
  EXPECT_EQ(refused.duplicate, 2u);
  EXPECT_EQ(samples(1, kStart), 2u);
}

TEST_F(HeadReadTest, FindsAChunkAgainThatWasOnItsWayWhenItWasLookedFor) {
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart, 1}, {Host(1), kStart + 2h, 2}}), kStart + 2h, commit);
  ASSERT_EQ(commit.chunks.size(), 1u);
  EXPECT_EQ(SamplesOf(Host(1), kStart).size(), 2u);
  Write(commit);
  Seal(kStart + 2h);  // which sees that it is durable
  EXPECT_EQ(SamplesOf(Host(1), kStart).size(), 2u);
}

}  // namespace
}  // namespace forewarn
