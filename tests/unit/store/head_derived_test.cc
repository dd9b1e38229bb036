#include <gmock/gmock.h>

#include "store/head.h"
#include "tests/unit/store/head_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

using HeadDerivedTest = HeadWorld;
using Derived = Head::Derived;

TEST_F(HeadDerivedTest, TakesResultsOfRulesWhateverWasSent) {
  options_.max_series_per_probe = 2;
  Restart();
  Push(Block({{Host(1), kStart, 1}, {Host(2), kStart, 1}}), kStart);
  Commit commit = Begin();
  EXPECT_EQ(head_->AppendDerived(Host(3), {kStart, 1}, commit), Derived::kKept);
  EXPECT_EQ(head_->AppendDerived(Host(3), {kStart, 2}, commit), Derived::kDuplicate);
  EXPECT_EQ(commit.samples.size(), 1u);
  EXPECT_TRUE(head_->Holds(Host(3), {kStart, 1}));
  EXPECT_FALSE(head_->Holds(Host(3), {kStart, 2}));
  EXPECT_FALSE(head_->Holds(Host(3), {kStart + 1s, 1}));
  EXPECT_FALSE(head_->Holds(Host(4), {kStart, 1}));
  Write(commit);
  EXPECT_THAT(SamplesOf(Host(3)), ElementsAre(Sample{kStart, 1}));
}

TEST_F(HeadDerivedTest, RefusesResultsThatOneCommitCannotHold) {
  options_.commit_samples = 3;
  Restart();
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart, 1}, {Host(2), kStart, 1}}), kStart, commit);
  EXPECT_EQ(head_->AppendDerived(Host(3), {kStart, 1}, commit), Derived::kKept);
  EXPECT_EQ(head_->AppendDerived(Host(4), {kStart, 1}, commit), Derived::kCommitFull);
  EXPECT_EQ(commit.samples.size(), 3u);
  EXPECT_EQ(head_->series_count(), 3u) << "nor is it named";
  Write(commit);
  Commit next = Begin();
  EXPECT_EQ(head_->AppendDerived(Host(4), {kStart, 1}, next), Derived::kKept);
}

TEST_F(HeadDerivedTest, NamesHalfAsManySeriesOfAProbeAsItMaySendAndTakesNoneFromIt) {
  options_.max_series_per_probe = 4;
  Restart();
  for (int life = 0; life < 2; ++life) {
    Commit commit = Begin();
    for (int host = 10; host < 13; ++host) {
      EXPECT_EQ(head_->AppendDerived(Host(host), {kStart + life * 1s, 1}, commit),
                host < 12 ? Derived::kKept : Derived::kSeriesLimit)
          << life;
    }
    Labels other = Host(20);
    other.Set("probe", "q");
    EXPECT_EQ(head_->AppendDerived(other, {kStart + life * 1s, 1}, commit), Derived::kKept);
    head_->TakeDerivedCounts(commit);
    EXPECT_EQ(commit.state.size(), life == 0 ? 2u : 0u);
    Write(commit);
    if (life > 0) break;
    Restart();
    for (const StatePut& put : commit.state) EXPECT_TRUE(head_->RestoreDerived(put.record).ok());
  }
  EXPECT_EQ(Push(Block({{Host(1), kStart, 1},
                        {Host(2), kStart, 1},
                        {Host(3), kStart, 1},
                        {Host(4), kStart, 1},
                        {Host(5), kStart, 1}}),
                 kStart)
                .series_limit,
            1u);
}

TEST_F(HeadDerivedTest, NamesHalfAsManySeriesOfACustomerAsItsProbesMaySend) {
  options_.max_series_per_customer = 2;
  Restart();
  Commit commit = Begin();
  Labels grid = Host(1), other = Host(3);
  grid.Remove("probe");
  other.Set("customer", "d");
  EXPECT_EQ(head_->AppendDerived(grid, {kStart, 1}, commit), Derived::kKept);
  EXPECT_EQ(head_->AppendDerived(Host(2), {kStart, 1}, commit), Derived::kSeriesLimit);
  EXPECT_EQ(head_->AppendDerived(other, {kStart, 1}, commit), Derived::kKept);
}

}  // namespace
}  // namespace forewarn
