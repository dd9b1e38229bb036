#include "collector/partitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>

#include "collector/scoped_series.h"
#include "store/memory_store.h"
#include "tests/unit/collector/fold_samples.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

// All partitions with their real threads, over a memory store.
class PartitionsTest : public testing::Test {
 protected:
  void Start() {
    partitions_ = std::make_unique<Partitions>(
        store_, clock_, options_,
        Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {},
                         [this](const Status& status) { fatal_.set_value(status); }});
    size_t last = 0;
    ASSERT_TRUE(partitions_->Recover([&](size_t done, size_t) { last = done; }).ok());
    EXPECT_EQ(last, kPartitions + 1);
    partitions_->Start();
  }

  // Submits and waits for the outcome.
  Status Do(Entry entry) {
    std::promise<Status> told;
    Submission submission{std::move(entry), [&](const Status& outcome, const std::string&) {
                            told.set_value(outcome);
                          }};
    EXPECT_TRUE(partitions_->Submit(submission));
    return told.get_future().get();
  }

  MemoryStore store_;
  ManualClock clock_{kTestStart};
  PartitionsOptions options_;
  std::promise<Status> fatal_;
  std::unique_ptr<Partitions> partitions_;
};

TEST_F(PartitionsTest, WhatIsAcknowledgedIsDurable) {
  Start();
  ASSERT_TRUE(Do(TestBatch(1, kTestStart, 0.5)).ok());
  EXPECT_EQ(*store_.LastSequence(PartitionOf("acme")), 1u);
}

TEST_F(PartitionsTest, FoldsWhatIsInsideBeforeItEnds) {
  Start();
  int told = 0;
  for (uint64_t i = 1; i <= 50; ++i) {
    Submission submission{TestBatch(i, kTestStart + Duration(i * 1000), 0.5),
                          [&](const Status& outcome, const std::string&) { told += outcome.ok(); }};
    ASSERT_TRUE(partitions_->Submit(submission));
  }
  partitions_.reset();
  EXPECT_EQ(told, 50);
  EXPECT_EQ(*store_.LastSequence(PartitionOf("acme")), 50u);
}

TEST_F(PartitionsTest, ContinuesWhereTheLastLifeEnded) {
  Start();
  ASSERT_TRUE(Do(TestBatch(1, kTestStart, 0.5)).ok());
  partitions_.reset();
  Start();
  uint64_t sequence = 0;
  ASSERT_TRUE(
      partitions_
          ->AskAndWait(
              PartitionOf("acme"), [&](const Shard& shard) { sequence = shard.sequence(); }, 1min)
          .ok());
  EXPECT_EQ(sequence, 1u);
}

TEST_F(PartitionsTest, DoesNotStartOnAClockThatIsFarBehindWhatWasCommitted) {
  Start();
  ASSERT_TRUE(Do(TestBatch(1, kTestStart, 0.5)).ok());
  partitions_.reset();
  clock_.Jump(-1h);
  Partitions behind(
      store_, clock_, PartitionsOptions{},
      Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {}, [](const Status&) {}});
  Status status = behind.Recover([](size_t, size_t) {});
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("set the clock right"));
}

TEST_F(PartitionsTest, AFailedWriteAcknowledgesNothing) {
  Start();
  store_.FailNextCommit(ResourceExhausted("the disk is full"), /*written=*/false);
  bool told = false;
  Submission submission{TestBatch(1, kTestStart, 0.5),
                        [&](const Status&, const std::string&) { told = true; }};
  ASSERT_TRUE(partitions_->Submit(submission));
  EXPECT_EQ(fatal_.get_future().get().message(), "the disk is full");
  partitions_.reset();
  EXPECT_FALSE(told);
}

TEST_F(PartitionsTest, ATickIsSubmittedWhenASilentProbeBecomesLate) {
  Start();
  ASSERT_TRUE(Do(TestBatch(1, kTestStart, 0.5)).ok());
  clock_.Advance(ContactPolicy{}.late_after + 1s);
  Contact contact = Contact::kFresh;
  while (contact == Contact::kFresh) {  // the ctest time-out is the bound
    ASSERT_TRUE(partitions_
                    ->AskAndWait(
                        PartitionOf("acme"),
                        [&](const Shard& shard) {
                          contact = shard.contacts().Find(TestProbe().probe)->contact;
                        },
                        1min)
                    .ok());
  }
  EXPECT_EQ(contact, Contact::kLate);
}

TEST_F(PartitionsTest, AQuestionThatIsNotAnsweredInTimeIsNotRunLater) {
  Start();
  std::promise<void> release;
  std::promise<void> blocked;
  ASSERT_TRUE(partitions_->Ask(0, [&](const Shard&) {
    blocked.set_value();
    release.get_future().wait();
  }));
  blocked.get_future().wait();
  bool ran = false;
  Status status = partitions_->AskAndWait(
      0, [&](const Shard&) { ran = true; }, 1ms);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  release.set_value();
  ASSERT_TRUE(partitions_
                  ->AskAndWait(
                      0, [](const Shard&) {}, 1min)
                  .ok());
  EXPECT_FALSE(ran);
}

// Its first Drop() takes as long as the test wants.
class SlowlyDroppingStore : public MemoryStore {
 public:
  Status Drop(const Retention& retention) override {
    if (drops_++ == 0) {
      begun_.set_value();
      go_on_.get_future().wait();
    }
    return MemoryStore::Drop(retention);
  }

  std::promise<void> begun_;
  std::promise<void> go_on_;

 private:
  std::atomic<int> drops_ = 0;
};

TEST(Partitions, TheJournalIsTrimmedWhileADayIsRolledUp) {
  SlowlyDroppingStore store;
  ManualClock clock(kTestStart);
  Partitions partitions(
      store, clock, PartitionsOptions{},
      Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {}, [](const Status&) {}});
  ASSERT_TRUE(partitions.Recover([](size_t, size_t) {}).ok());
  partitions.Start();
  std::promise<Status> first;
  partitions.DropOld([&](const Status& status) { first.set_value(status); });
  store.begun_.get_future().wait();

  std::promise<Status> second;
  partitions.DropOld([&](const Status& status) { second.set_value(status); });
  EXPECT_TRUE(second.get_future().get().ok());
  store.go_on_.set_value();
  EXPECT_TRUE(first.get_future().get().ok());
}

TEST_F(PartitionsTest, DropsTheJournalOfWhatIsSealed) {
  Start();
  ASSERT_TRUE(Do(TestBatch(1, kTestStart, 0.5)).ok());
  clock_.Advance(5h);
  ASSERT_TRUE(Do(TestBatch(2, kTestStart + 5h, 0.5)).ok());
  std::promise<Status> dropped;
  partitions_->DropOld([&](const Status& status) { dropped.set_value(status); });
  Status status = dropped.get_future().get();
  EXPECT_TRUE(status.ok()) << status.ToString();
  // Nothing is lost by it.
  partitions_.reset();
  Start();
  ScopedSeries series(*partitions_, "acme", 1min);
  auto found = series.Select({Matcher::Equal("__name__", "load")}, kTimeZero, kTestStart + 24h, {});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().samples.size(), 2u);
}

// The whole way of a customer's own times: from the bundle in force to what readers find.
class OwnRetentionTest : public PartitionsTest {
 protected:
  OwnRetentionTest() {
    options_.dropped = [this](std::string_view customer, const auto& dropped) {
      told_[std::string(customer)] = dropped;
    };
  }
  void Apply(Bundle bundle, const std::string& id) {
    bundle.id = id;
    for (uint32_t partition : {kControlPartition, PartitionOf("acme")}) {
      ASSERT_TRUE(Do({partition, clock_.Now(), "operator", bundle}).ok());
    }
  }
  static Bundle With(CustomerRetention retention) {
    Bundle bundle = TestBundle();
    bundle.customers[0].retention = retention;
    return bundle;
  }
  // An hour of a sample every minute, which is sealed once a sample of hours later has come.
  void Push(const std::string& customer, uint64_t first) {
    ProbeIdentity probe = TestProbe(customer);
    if (customer != "acme") probe.probe.back() = '2';
    for (uint64_t i = 0; i <= 60; ++i) {
      clock_.Advance(i == 60 ? 5h : 1min);
      Entry entry = TestBatch(first + i, clock_.Now(), 0.5, probe);
      Event event;
      event.at = clock_.Now();
      std::get<Batch>(entry.what).events = {event};
      ASSERT_TRUE(Do(std::move(entry)).ok());
    }
  }
  Status DropOld() {
    std::promise<Status> dropped;
    told_.clear();
    partitions_->DropOld([&](const Status& status) { dropped.set_value(status); });
    return dropped.get_future().get();
  }
  size_t Samples(const std::string& customer, Timestamp from) {
    ScopedSeries series(*partitions_, customer, 1min);
    auto found = series.Select({Matcher::Equal("__name__", "load")}, from, from + 2h, {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found.ok() && !found->empty() ? found->front().samples.size() : 0;
  }
  // That were pushed; what the rules make of the silence comes when it comes.
  int64_t Events(const std::string& customer) {
    auto rows = store_.ReadHistory(PartitionOf(customer), customer, kTimeZero, clock_.Now(), 1000);
    return std::ranges::count(*rows, HistoryKind::kEvent, &HistoryRow::kind);
  }

  std::map<std::string, Store::Retention::Dropped> told_;
};

TEST_F(OwnRetentionTest, HoldsFromTheBundleInForceWithoutARestart) {
  Start();
  const Timestamp acme = clock_.Now();
  Push("acme", 1);
  const Timestamp globex = clock_.Now();
  Push("globex", 1);
  clock_.Advance(11 * 24h);
  ASSERT_TRUE(DropOld().ok());
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(Samples("acme", acme), 60u);

  Apply(With({.samples = 10 * 24h, .events = 10 * 24h}), "00000000000000b2");
  ASSERT_TRUE(DropOld().ok());
  EXPECT_EQ(Samples("acme", acme), 13u) << "of each five minutes one";
  EXPECT_EQ(Events("acme"), 0);
  EXPECT_EQ(Samples("globex", globex), 60u);
  EXPECT_EQ(Events("globex"), 61);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_GE(told_["acme"].chunks, 1u);
  EXPECT_GE(told_["acme"].history, 60u);

  Apply(With({.samples = 400 * 24h, .rollups = 400 * 24h, .events = 400 * 24h}),
        "00000000000000b3");
  const Timestamp later = clock_.Now();
  Push("acme", 62);
  clock_.Advance(100 * 24h);
  ASSERT_TRUE(DropOld().ok());
  EXPECT_EQ(Samples("acme", later), 60u) << "longer than all others";
  EXPECT_EQ(Events("acme"), 61);
  EXPECT_EQ(Samples("globex", globex), 13u);
  EXPECT_EQ(Events("globex"), 0);
}

TEST_F(OwnRetentionTest, HoldsForADayMoreForACustomerWhoIsTakenOut) {
  Start();
  const Timestamp acme = clock_.Now();
  Push("acme", 1);
  Apply(With({.samples = 200 * 24h, .rollups = 400 * 24h, .events = 200 * 24h}),
        "00000000000000b2");
  clock_.Advance(100 * 24h);
  Bundle without = TestBundle();
  without.customers.clear();
  Apply(without, "00000000000000b3");
  partitions_.reset();
  Start();
  clock_.Advance(kLeftGrace - 1h);
  ASSERT_TRUE(DropOld().ok());
  EXPECT_EQ(Samples("acme", acme), 60u) << "also over a restart";
  EXPECT_EQ(Events("acme"), 61);
  clock_.Advance(1h);
  ASSERT_TRUE(DropOld().ok());
  EXPECT_EQ(Samples("acme", acme), 13u);
  EXPECT_EQ(Events("acme"), 0);
}

}  // namespace
}  // namespace forewarn
