#include "probe/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/rng.h"
#include "tests/unit/probe/spool_items.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

TEST(Spool, GivesBackWhatWasPutInInOrder) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  SpoolItem first = Item(1, 3, 2);
  first.reports.checks.push_back({kStart, "db", Verdict::kFailing, "no answer", 20ms});
  first.reports.facts.push_back({kStart, "os.kernel", "6.1"});
  first.reports.changes.push_back({kStart, "os.kernel", "6.0", "6.1"});
  ASSERT_TRUE(spool->Append(first, kStart).ok());
  ASSERT_TRUE(spool->Append(Item(2, 1), kStart).ok());

  StatusOr<std::optional<SpooledBatch>> one = spool->Seal(kStart);
  ASSERT_TRUE(one.ok());
  ASSERT_TRUE(one->has_value());
  EXPECT_EQ((*one)->sequence, 1u);
  EXPECT_EQ((*one)->item.samples, first.samples);
  ASSERT_EQ((*one)->item.rounds.size(), 1u);
  EXPECT_EQ((*one)->item.rounds[0].end, first.at);
  EXPECT_EQ((*one)->item.reports.events[1].message, "event 1/1");
  EXPECT_EQ((*one)->item.reports.checks[0].verdict, Verdict::kFailing);
  EXPECT_EQ((*one)->item.reports.facts[0].value, "6.1");
  EXPECT_EQ((*one)->item.reports.changes[0].before, "6.0");
  StatusOr<std::optional<SpooledBatch>> two = spool->Seal(kStart);
  EXPECT_EQ((*two)->sequence, 2u);
  EXPECT_EQ((*two)->item.samples[0].value, 2000.0);
  EXPECT_FALSE((*spool->Seal(kStart)).has_value());
  EXPECT_THAT(spool->UnderWay(), ElementsAre(1, 2));
  spool->Ack((*two)->epoch, 2);
  EXPECT_THAT(spool->UnderWay(), ElementsAre());
}

TEST(Spool, KeepsNumberAndContentOfWhatWasSealedOverARestart) {
  TempDir dir;
  uint64_t epoch;
  {
    auto spool = OpenOrDie(Options(dir));
    ASSERT_TRUE(spool->Append(Item(1, 3), kStart).ok());
    ASSERT_TRUE(spool->Append(Item(2, 2), kStart).ok());
    ASSERT_TRUE(spool->Seal(kStart).ok());
    epoch = spool->stats().epoch;
  }
  auto spool = OpenOrDie(Options(dir), kStart + 1h);
  EXPECT_EQ(spool->stats().epoch, epoch);
  EXPECT_THAT(spool->UnderWay(), ElementsAre(1));
  StatusOr<SpooledBatch> again = spool->Load(1);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->item.samples, Item(1, 3).samples);
  StatusOr<std::optional<SpooledBatch>> next = spool->Seal(kStart);
  EXPECT_EQ((*next)->sequence, 2u);
  EXPECT_EQ((*next)->item.samples, Item(2, 2).samples);
}

TEST(Spool, IsForOneProcessAtATime) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  StatusOr<std::unique_ptr<Spool>> second = Spool::Open(Options(dir), kStart);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), ::testing::HasSubstr("another forewarn-probe"));
}

TEST(Spool, DropsTheOldestSamplesFirstAndCountsThem) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.max_bytes = 64 << 10;
  options.segment_bytes = 4 << 10;
  auto spool = OpenOrDie(options);
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(spool->Append(Item(round, 50, 1), kStart).ok());
    ASSERT_LE(spool->stats().bytes, options.max_bytes + options.segment_bytes);
  }
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.events.size(), 200u) << "events outlive samples";
  EXPECT_EQ(delivered.samples.size() + delivered.gaps["samples"], 200u * 50);
  EXPECT_GT(delivered.gaps["samples"], 0u);
  EXPECT_EQ(*delivered.samples.rbegin(), 199 * 1000.0 + 49) << "the newest are kept";
  EXPECT_GT(*delivered.samples.begin(), 1000.0) << "the oldest went";
}

TEST(Spool, DropsReportsOnlyWhenNoSamplesAreLeft) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.max_bytes = 16 << 10;
  options.segment_bytes = 1 << 10;
  auto spool = OpenOrDie(options);
  for (int round = 0; round < 400; ++round)
    ASSERT_TRUE(spool->Append(Item(round, 1, 1), kStart).ok());
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.samples.size() + delivered.gaps["samples"], 400u);
  EXPECT_EQ(delivered.events.size() + delivered.gaps["events"], 400u);
  EXPECT_GT(delivered.events.size(), 20u);
}

TEST(Spool, NeverDropsWhatIsUnderWay) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.max_bytes = 16 << 10;
  options.segment_bytes = 1 << 10;
  auto spool = OpenOrDie(options);
  ASSERT_TRUE(spool->Append(Item(0, 40), kStart).ok());
  ASSERT_TRUE((*spool->Seal(kStart)).has_value());
  for (int round = 1; round < 100; ++round)
    ASSERT_TRUE(spool->Append(Item(round, 40), kStart).ok());
  StatusOr<SpooledBatch> first = spool->Load(1);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->item.samples, Item(0, 40).samples);
  EXPECT_TRUE(first->gaps.empty());
}

TEST(Spool, DeclaresWhatBecameTooOld) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.max_age = 1h;
  auto spool = OpenOrDie(options);
  for (int round = 0; round < 10; ++round)
    ASSERT_TRUE(spool->Append(Item(round, 4, 1), kStart).ok());
  Timestamp now = kStart + 15s * 5 + 1h;
  StatusOr<std::optional<SpooledBatch>> batch = spool->Seal(now);
  ASSERT_TRUE((*batch).has_value());
  EXPECT_EQ((*batch)->item.samples[0].value, 5000.0);
  ASSERT_EQ((*batch)->gaps.size(), 2u);
  EXPECT_EQ((*batch)->gaps[0].kind, "samples");
  EXPECT_EQ((*batch)->gaps[0].reason, "expired");
  EXPECT_EQ((*batch)->gaps[0].count, 20u);
  EXPECT_EQ((*batch)->gaps[0].from, kStart);
  EXPECT_EQ((*batch)->gaps[0].to, kStart + 15s * 4);
  EXPECT_EQ((*batch)->gaps[1].kind, "events");
  EXPECT_EQ((*batch)->gaps[1].count, 5u);
}

TEST(Spool, DeclaresWhatBecameTooOldEvenWhenNothingElseIsLeft) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  ASSERT_TRUE(spool->Append(Item(1, 3), kStart).ok());
  Timestamp late = kStart + 8 * 24h;
  StatusOr<std::optional<SpooledBatch>> batch = spool->Seal(late);
  ASSERT_TRUE(batch.ok());
  ASSERT_TRUE(batch->has_value());
  EXPECT_EQ((*batch)->sequence, 1u);
  EXPECT_TRUE((*batch)->item.samples.empty());
  ASSERT_EQ((*batch)->gaps.size(), 1u);
  EXPECT_EQ((*batch)->gaps[0].reason, "expired");
  EXPECT_EQ((*batch)->gaps[0].count, 3u);
  spool.reset();
  spool = OpenOrDie(Options(dir));
  EXPECT_EQ(Drain(*spool, late).gaps["samples"], 3u);
  ASSERT_TRUE(spool->Append(Item(2, 2), kStart).ok());
  EXPECT_EQ(Drain(*spool).samples.size(), 2u);
}

TEST(Spool, KeepsADeclaredGapOverARestartUntilItIsSent) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  options.max_bytes = 32 << 10;
  options.segment_bytes = 4 << 10;
  {
    auto spool = OpenOrDie(options);
    for (int round = 0; round < 100; ++round)
      ASSERT_TRUE(spool->Append(Item(round, 50), kStart).ok());
  }
  auto spool = OpenOrDie(options);
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.samples.size() + delivered.gaps["samples"], 100u * 50);
  EXPECT_TRUE(Drain(*spool).gaps.empty());
  ASSERT_EQ(spool->lost().size(), 1u) << "and remembers it for whoever asks";
  EXPECT_EQ(spool->lost()[0].reason, "spool_full");
  EXPECT_EQ(spool->lost()[0].count, delivered.gaps["samples"]);
  EXPECT_EQ(spool->stats().gap_total, delivered.gaps["samples"]);
}

TEST(Spool, ReplacesARefusedBatchByAGapUnderTheSameNumber) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  ASSERT_TRUE(spool->Append(Item(1, 3, 1), kStart).ok());
  ASSERT_TRUE(spool->Append(Item(2, 2), kStart).ok());
  ASSERT_TRUE((*spool->Seal(kStart)).has_value());
  ASSERT_TRUE(spool->Refuse(1).ok());
  StatusOr<SpooledBatch> batch = spool->Load(1);
  ASSERT_TRUE(batch.ok());
  EXPECT_TRUE(batch->item.samples.empty());
  EXPECT_TRUE(batch->item.reports.empty());
  ASSERT_EQ(batch->gaps.size(), 2u);
  EXPECT_EQ(batch->gaps[0].reason, "refused");
  EXPECT_EQ(batch->gaps[0].count, 3u);
  EXPECT_EQ((*spool->Seal(kStart))->sequence, 2u);
}

TEST(Spool, ARefusedBatchKeepsItsRoundsUnlessThoseAreRefusedToo) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  ASSERT_TRUE(spool->Append(Item(1, 3), kStart).ok());
  ASSERT_TRUE(spool->Seal(kStart).ok());
  ASSERT_TRUE(spool->Refuse(1).ok());
  spool.reset();
  spool = OpenOrDie(Options(dir));
  StatusOr<SpooledBatch> batch = spool->Load(1);
  ASSERT_TRUE(batch.ok());
  EXPECT_TRUE(batch->item.samples.empty());
  ASSERT_EQ(batch->item.rounds.size(), 1u);
  EXPECT_EQ(batch->item.rounds[0].end, kStart + 15s);
  ASSERT_TRUE(spool->Refuse(1).ok());
  batch = spool->Load(1);
  ASSERT_TRUE(batch.ok());
  EXPECT_TRUE(batch->item.rounds.empty());
  ASSERT_EQ(batch->gaps.size(), 1u);
  EXPECT_EQ(batch->gaps[0].count, 3u);
}

TEST(Spool, DropsWhatTheCollectorAlreadyHas) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(spool->Append(Item(round, 1), kStart).ok());
    ASSERT_TRUE((*spool->Seal(kStart)).has_value());
  }
  StatusOr<bool> restarted = spool->Reconcile(spool->stats().epoch, 2, kStart);
  ASSERT_TRUE(restarted.ok());
  EXPECT_FALSE(*restarted);
  EXPECT_THAT(spool->UnderWay(), ElementsAre(3));
}

TEST(Spool, StartsANewEpochWhenTheCollectorKnowsMoreOrLessThanWasSent) {
  for (auto [epoch_step, sequence] : {std::pair{0, 9}, {1, 1}, {-1, 5}, {0, 0}}) {
    TempDir dir;
    auto spool = OpenOrDie(Options(dir));
    for (int round = 1; round <= 3; ++round) {
      ASSERT_TRUE(spool->Append(Item(round, 1), kStart).ok());
      ASSERT_TRUE((*spool->Seal(kStart)).has_value());
    }
    uint64_t epoch = spool->stats().epoch;
    spool->Ack(epoch, 1);
    uint64_t theirs = epoch + static_cast<uint64_t>(epoch_step);
    StatusOr<bool> restarted = spool->Reconcile(theirs, static_cast<uint64_t>(sequence), kStart);
    ASSERT_TRUE(restarted.ok());
    EXPECT_TRUE(*restarted) << epoch_step << " " << sequence;
    EXPECT_GT(spool->stats().epoch, std::max(epoch, theirs));
    EXPECT_THAT(spool->UnderWay(), ElementsAre(1, 2)) << "numbered anew";
    EXPECT_EQ(spool->Load(1)->item.samples[0].value, 2000.0);
  }
}

TEST(Spool, ANewSpoolAndAnUnknownProbeAgree) {
  TempDir dir;
  auto spool = OpenOrDie(Options(dir));
  ASSERT_TRUE(spool->Append(Item(1, 1), kStart).ok());
  ASSERT_TRUE((*spool->Seal(kStart)).has_value());
  EXPECT_FALSE(*spool->Reconcile(0, 0, kStart));
  EXPECT_FALSE(*spool->Reconcile(spool->stats().epoch - 1, 77, kStart))
      << "an older spool of this probe";
  EXPECT_THAT(spool->UnderWay(), ElementsAre(1));
}

TEST(Spool, ADamagedManifestSendsEverythingAgainInANewEpoch) {
  TempDir dir;
  SpoolOptions options = Options(dir);
  uint64_t epoch;
  {
    auto spool = OpenOrDie(options);
    for (int round = 0; round < 3; ++round) ASSERT_TRUE(spool->Append(Item(round, 2), kStart).ok());
    ASSERT_TRUE((*spool->Seal(kStart)).has_value());
    epoch = spool->stats().epoch;
  }
  std::string manifest = Slurp(options.folder + "/manifest");
  manifest[manifest.size() / 2] ^= 1;
  Spill(options.folder + "/manifest", manifest);
  auto spool = OpenOrDie(options, kStart + 1h);
  EXPECT_GT(spool->stats().epoch, epoch);
  Delivered delivered = Drain(*spool);
  EXPECT_EQ(delivered.samples.size(), 6u);
  EXPECT_EQ(delivered.sequences.front(), 1u);
}

// The promise as a whole. Strategy: a random walk over appends, seals, acks (some lost), refusals,
// reopenings, a too small spool and passing time. Invariants: at the end delivered + declared =
// appended for each kind; nothing is delivered under two numbers of an epoch; a number never
// changes its content.
TEST(Spool, DeliveredAndDeclaredAreWhatWasAppended) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    TempDir dir;
    SpoolOptions options = Options(dir);
    options.max_bytes = 24 << 10;
    options.segment_bytes = 2 << 10;
    options.max_age = 20min;
    auto spool = OpenOrDie(options);
    Timestamp now = kStart;
    std::map<uint64_t, std::multiset<double>> content;  // by sequence
    std::map<uint64_t, SpooledBatch> applied;
    uint64_t appended_samples = 0;
    uint64_t appended_events = 0;
    std::set<uint64_t> refused;
    auto see = [&](const SpooledBatch& batch) {
      std::multiset<double> values;
      for (const Reading& reading : batch.item.samples) values.insert(reading.value);
      auto [known, is_new] = content.emplace(batch.sequence, values);
      if (!is_new && !refused.contains(batch.sequence)) {
        ASSERT_EQ(known->second, values) << batch.sequence;
      }
      applied[batch.sequence] = batch;
    };
    for (int step = 0; step < 400; ++step) {
      uint64_t dice = rng.Below(100);
      if (dice < 50) {
        int samples = static_cast<int>(rng.Below(40));
        int events = static_cast<int>(rng.Below(3));
        SpoolItem item = Item(step, samples, events);
        item.at = now;
        (void)spool->Append(item, now);
        appended_samples += static_cast<uint64_t>(samples);
        appended_events += static_cast<uint64_t>(events);
      } else if (dice < 70) {
        StatusOr<std::optional<SpooledBatch>> batch = spool->Seal(now);
        ASSERT_TRUE(batch.ok());
        if (batch->has_value()) see(**batch);
      } else if (dice < 85) {
        std::vector<uint64_t> under_way = spool->UnderWay();
        if (!under_way.empty())
          spool->Ack(spool->stats().epoch, under_way[rng.Below(under_way.size())]);
      } else if (dice < 88) {
        std::vector<uint64_t> under_way = spool->UnderWay();
        if (!under_way.empty()) {
          refused.insert(under_way.front());
          ASSERT_TRUE(spool->Refuse(under_way.front()).ok());
        }
      } else if (dice < 95) {
        spool.reset();
        spool = OpenOrDie(options, now);
        for (uint64_t sequence : spool->UnderWay()) {
          StatusOr<SpooledBatch> batch = spool->Load(sequence);
          ASSERT_TRUE(batch.ok());
          see(*batch);
        }
      } else {
        now += Duration(static_cast<int64_t>(rng.Below(120'000)));
      }
    }
    // A last round carries the gaps that are still waiting.
    SpoolItem last = Item(999, 1);
    last.at = now;
    ASSERT_TRUE(spool->Append(last, now).ok());
    ++appended_samples;
    for (uint64_t sequence : spool->UnderWay()) see(*spool->Load(sequence));
    for (;;) {
      StatusOr<std::optional<SpooledBatch>> batch = spool->Seal(now);
      ASSERT_TRUE(batch.ok());
      if (!batch->has_value()) break;
      see(**batch);
    }
    Delivered delivered;
    uint64_t expected = 0;
    for (const auto& [sequence, batch] : applied) {
      ASSERT_EQ(sequence, ++expected) << "no holes";
      delivered.Take(batch);
    }
    EXPECT_EQ(delivered.samples.size() + delivered.gaps["samples"], appended_samples);
    EXPECT_EQ(delivered.events.size() + delivered.gaps["events"], appended_events);
  }
}

}  // namespace
}  // namespace forewarn
