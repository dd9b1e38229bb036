#include "store/head.h"

#include <gmock/gmock.h>

#include "store/sealed_times.h"
#include "tests/unit/store/head_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using HeadTest = HeadWorld;

TEST_F(HeadTest, NamesASeriesOnceAcrossTablesAndRestarts) {
  Push(Block({{Host(1), kStart, 1}}), kStart);
  Push(Block({{Host(1), kStart + 1s, 1}}), kStart);
  Restart();
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart + 2s, 1}, {Host(2), kStart, 1}}), kStart, commit);
  ASSERT_EQ(commit.new_series.size(), 1u);
  EXPECT_EQ(commit.new_series[0].id, 2u);
  EXPECT_EQ(commit.new_series[0].labels, Host(2));
}

// The block of a stream that names `named` as `first_ref`, first_ref + 1, … and has a sample of each of `refs`.
SampleBlock OfStream(const std::shared_ptr<const SeriesStream>& stream, uint32_t first_ref,
                     std::vector<Labels> named, const std::vector<uint32_t>& refs, Timestamp at) {
  SampleBlock block;
  block.stream = stream;
  block.first_ref = first_ref;
  if (!named.empty())
    block.table = std::make_shared<const SeriesTable>(SeriesTable{std::move(named)});
  block.refs = refs;
  block.times.assign(refs.size(), at);
  block.values.assign(refs.size(), 1);
  return block;
}

TEST_F(HeadTest, ABlockOfAStreamCarriesOnlyTheNamesThatAreNewInIt) {
  auto stream = std::make_shared<const SeriesStream>();
  std::vector<SampleBlock> blocks = {OfStream(stream, 0, {Host(1), Host(2)}, {0}, kStart),
                                     OfStream(stream, 2, {}, {0, 1}, kStart + 1s),
                                     OfStream(stream, 2, {Host(3)}, {2, 0}, kStart + 2s)};
  auto other = std::make_shared<const SeriesStream>();
  blocks.push_back(OfStream(other, 0, {Host(3), Host(4)}, {0}, kStart + 3s));
  blocks.push_back(OfStream(stream, 3, {}, {2}, kStart + 4s));
  std::vector<SeriesId> named;
  for (const SampleBlock& block : blocks) {
    Commit commit = Begin();
    head_->Learn(block);
    EXPECT_EQ(head_->Append(block, kStart, commit).duplicate, 0u);
    for (const NewSeries& series : commit.new_series) named.push_back(series.id);
    Write(commit);
  }
  EXPECT_THAT(named, ElementsAre(1, 2, 3)) << "a series has a number from its first sample on";
  EXPECT_EQ(SamplesOf(Host(1)).size(), 3u);
  EXPECT_EQ(SamplesOf(Host(2)).size(), 1u);
  EXPECT_EQ(SamplesOf(Host(3)).size(), 3u);
}

TEST_F(HeadTest, StreamsThatEndedAndSeriesAboveTheLimitAreForgotten) {
  // A probe that connects again for ever, each time with names that nobody has seen.
  options_.max_series_per_probe = 10;
  Restart();
  uint64_t refused = 0;
  size_t bytes_early = 0;
  for (int connect = 0; connect < 2'000; ++connect) {
    if (connect == 10) bytes_early = head_->memory_bytes();
    auto stream = std::make_shared<const SeriesStream>();
    std::vector<Labels> named;
    std::vector<uint32_t> refs;
    for (uint32_t i = 0; i < 20; ++i) {
      named.push_back(Host(connect * 20 + static_cast<int>(i)));
      refs.push_back(i);
    }
    SampleBlock block = OfStream(stream, 0, std::move(named), refs, kStart);
    head_->Learn(block);
    refused += Push(block, kStart).series_limit;
  }
  EXPECT_EQ(head_->series_count(), 10u);
  EXPECT_EQ(refused, 2'000u * 20 - 10);
  EXPECT_LT(head_->memory_bytes(), bytes_early * 5 / 4) << "of a few streams, not of two thousand";
}

TEST_F(HeadTest, ABlockWithoutAStreamLeavesNothingOfItsTableBehind) {
  options_.max_series_per_probe = 10;
  Restart();
  std::vector<std::tuple<Labels, Timestamp, double>> samples;
  for (int i = 0; i < 20; ++i) samples.emplace_back(Host(i), kStart, 1);
  SampleBlock block = Block(samples);
  std::weak_ptr<const SeriesTable> table = block.table;
  EXPECT_EQ(Push(block, kStart).series_limit, 10u);
  block = {};
  EXPECT_TRUE(table.expired());
}

TEST_F(HeadTest, ABlockThatIsNotAppendedNamesItsSeriesAllTheSame) {
  auto stream = std::make_shared<const SeriesStream>();
  head_->Learn(OfStream(stream, 0, {Host(1)}, {0}, kStart));
  SampleBlock next = OfStream(stream, 1, {}, {0}, kStart + 1s);
  head_->Learn(next);
  Push(next, kStart);
  EXPECT_EQ(SamplesOf(Host(1)).size(), 1u);
}

TEST_F(HeadTest, RefusesAndCountsWhatIsTooOldOrTooNew) {
  Head::Refused refused = Push(Block({{Host(1), kStart - options_.accepted_age - 1ms, 1},
                                      {Host(1), kStart - options_.accepted_age, 2},
                                      {Host(1), kStart + options_.accepted_ahead, 3},
                                      {Host(1), kStart + options_.accepted_ahead + 1ms, 4}}),
                               kStart);
  EXPECT_EQ(refused.too_old, 1u);
  EXPECT_EQ(refused.too_new, 1u);
  EXPECT_EQ(SamplesOf(Host(1)).size(), 2u);
}

TEST_F(HeadTest, DoesNotNameASeriesOfWhichItTookNothing) {
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart - 24h * 30, 1}}), kStart, commit);
  EXPECT_THAT(commit.new_series, IsEmpty());
}

TEST_F(HeadTest, KeepsTheFirstOfTwoSamplesOfTheSameTimeEvenIfItIsSealed) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 15s, 2}}), kStart);
  EXPECT_EQ(Push(Block({{Host(1), kStart, 9}}), kStart).duplicate, 1u);
  Seal(kStart + 2h);
  EXPECT_EQ(Push(Block({{Host(1), kStart + 15s, 9}, {Host(1), kStart + 20s, 3}}), kStart).duplicate,
            1u);
  Restart();
  EXPECT_EQ(Push(Block({{Host(1), kStart, 9}, {Host(1), kStart + 20s, 9}}), kStart).duplicate, 2u);
  EXPECT_THAT(SamplesOf(Host(1)),
              ElementsAre(Sample{kStart, 1}, Sample{kStart + 15s, 2}, Sample{kStart + 20s, 3}));
}

TEST_F(HeadTest, CountsSeriesBeyondTheLimitOfAProbeOrCustomer) {
  options_.max_series_per_probe = 2;
  options_.max_series_per_customer = 3;
  Restart();
  auto block = Block({{Host(1), kStart, 1}, {Host(2), kStart, 1}, {Host(3), kStart, 1}});
  EXPECT_EQ(Push(block, kStart).series_limit, 1u);
  EXPECT_EQ(Push(block, kStart + 1s).series_limit, 1u) << "each time";
  Labels other = Host(4);
  other.Set("probe", "q");
  Labels another = Host(5);
  another.Set("probe", "r");
  EXPECT_EQ(Push(Block({{other, kStart, 1}, {another, kStart, 1}}), kStart).series_limit, 1u);
  Restart();
  EXPECT_EQ(Push(Block({{Host(1), kStart + 2s, 1}, {Host(3), kStart, 1}}), kStart).series_limit,
            1u);
}

TEST_F(HeadTest, CutsAChunkAtItsSizeAndWhereItsSeriesGoesOnInTheNextWindow) {
  options_.chunk_samples = 3;
  Restart();
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart, 1},
                       {Host(1), kStart + 1s, 1},
                       {Host(1), kStart + 2s, 1},
                       {Host(1), kStart + 3s, 1},
                       {Host(1), kStart + 2h, 1}}),
                kStart + 2h, commit);
  ASSERT_EQ(commit.chunks.size(), 2u);
  EXPECT_EQ(commit.chunks[0].count, 3u);
  EXPECT_EQ(commit.chunks[0].last, kStart + 2s);
  EXPECT_EQ(commit.chunks[0].after, 3u);
  EXPECT_EQ(commit.chunks[1].first, kStart + 3s);
  EXPECT_EQ(commit.chunks[1].count, 1u);
  EXPECT_EQ(commit.chunks[1].after, 5u);
}

TEST_F(HeadTest, CutsAChunkThatTakesTooMuchMemory) {
  options_.chunk_bytes = 100;
  Restart();
  Commit commit = Begin();
  for (int i = 0; i < 40; ++i) {
    head_->Append(Block({{Host(1), kStart + 1s * i, 1.0 / (3 + i)}}), kStart + 1min, commit);
  }
  EXPECT_GE(commit.chunks.size(), 2u);
  Write(commit);
  EXPECT_EQ(SamplesOf(Host(1)).size(), 40u);
}

TEST_F(HeadTest, SealsWhatWentSilentABoundedNumberAtATime) {
  std::vector<std::tuple<Labels, Timestamp, double>> samples;
  for (int host = 0; host < 1300; ++host) samples.emplace_back(Host(host), kStart, host);
  Push(Block(samples), kStart);
  size_t sealed = 0;
  for (bool done = false; !done;) {
    Commit commit = Begin();
    done = head_->SealBefore(kStart + 2h, commit);
    EXPECT_LE(commit.chunks.size(), 512u);
    sealed += commit.chunks.size();
    Write(commit);
  }
  EXPECT_EQ(sealed, 1300u);
  EXPECT_EQ(KeptFrom(), sequence_ + 1);
}

TEST_F(HeadTest, ReplaysAJournalOfFormat1ByAskingWhatIsSealed) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 15s, 2}}), kStart);
  Seal(kStart + 2h);
  Push(Block({{Host(1), kStart + 20s, 3}}), kStart + 2h);
  head_ = std::make_unique<Head>(kPartition, store_, options_);
  ASSERT_TRUE(head_->Load().ok());
  ASSERT_TRUE(store_
                  .ReadJournal(kPartition, 1,
                               [&](Store::JournalItem item) {
                                 item.seals.reset();
                                 return head_->Replay(item);
                               })
                  .ok());
  EXPECT_EQ(KeptFrom(), 3u) << "only the last sample is open";
  EXPECT_EQ(SamplesOf(Host(1)).size(), 3u);
}

TEST_F(HeadTest, HoldsFewWindowsOpenWhileAProbeCatchesUp) {
  Commit commit = Begin();
  for (int window = 0; window < 90; ++window) {
    head_->Append(Block({{Host(1), kStart + 2h * window, 1}}), kStart + 2h * 90, commit);
  }
  EXPECT_GE(commit.chunks.size(), 87u);
  Write(commit);
  EXPECT_EQ(SamplesOf(Host(1)).size(), 90u);
}

TEST_F(HeadTest, KeepsTheJournalFromTheFirstOpenSample) {
  EXPECT_EQ(KeptFrom(), 1u);
  Push(Block({{Host(1), kStart, 1}, {Host(3), kStart, 1}}), kStart);
  Push(Block({{Host(2), kStart + 2h, 1}}), kStart + 2h);
  Push(Block({{Host(1), kStart + 2h, 1}}), kStart + 2h);
  EXPECT_EQ(KeptFrom(), 1u);
  Seal(kStart + 2h);
  EXPECT_EQ(KeptFrom(), 2u);
  Seal(kStart + 4h);
  EXPECT_EQ(KeptFrom(), sequence_ + 1);
}

TEST_F(HeadTest, RefusesAJournalThatSpeaksOfAnUnknownSeries) {
  Store::JournalItem item;
  item.sequence = 9;
  item.samples.Add(1, kStart, 1);
  Status status = head_->Replay(item);
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("journal entry 9 of partition 5"));
}

TEST_F(HeadTest, RefusesADatabaseWithAMissingSeries) {
  Commit commit = Begin();
  commit.new_series.push_back({2, Host(2)});
  Write(commit);
  Head head(kPartition, store_, options_);
  Status status = head.Load();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("series 1 of partition 5 is missing"));
}

// Of a chunk that cannot be read its first sample is known all the same: its key says it.
TEST_F(HeadTest, NeverSealsAChunkInThePlaceOfAnother) {
  // `damaged` with its header in front, which cannot be read either.
  struct Damaged : MemoryStore {
    StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t, SeriesId, Timestamp,
                                                  Timestamp) const override {
      return DataLoss("damaged");
    }
  } store;
  HeadOptions options;
  options.chunk_samples = 3;
  Head head(kPartition, store, options);
  ASSERT_TRUE(head.Load().ok());
  auto push = [&](uint64_t sequence, Timestamp from) {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = sequence;
    Head::Refused refused =
        head.Append(Block({{Host(1), from, 1}, {Host(1), from + 1s, 2}, {Host(1), from + 2s, 3}}),
                    from, commit);
    EXPECT_TRUE(store.Commit({&commit, 1}).ok());
    return refused.duplicate;
  };
  EXPECT_EQ(push(1, kStart), 0u);
  EXPECT_EQ(push(2, kStart + 1min), 0u);
  const std::string before =
      store.MemoryStore::ReadChunks(kPartition, 1, kStart, kStart)->at(0).bytes;
  EXPECT_EQ(push(3, kStart), 1u) << "the first; of the others nobody can tell";
  EXPECT_EQ(push(4, kStart + 30s), 0u);
  auto chunks = store.MemoryStore::ReadChunks(kPartition, 1, kStart, kStart + 1h);
  ASSERT_GE(chunks->size(), 3u);
  EXPECT_EQ(chunks->front().bytes, before);
}

TEST(HeadThatCatchesUp, RefusesWhatLiesAmongTooManyChunks) {
  MemoryStore store;
  HeadOptions options;
  options.chunk_samples = 4;
  Head head(kPartition, store, options);
  ASSERT_TRUE(head.Load().ok());
  Commit commit;
  commit.partition = kPartition;
  commit.sequence = 1;
  auto append = [&](Timestamp at) {
    return head.Append(Block({{Host(1), at, 1}}), kStart + 1h, commit);
  };
  auto seal = [&](int chunk) {
    for (int i = 0; i < 4; ++i) append(kStart + 10min * i + 1ms * chunk);
  };
  for (int chunk = 0; chunk < SealedTimes::kOverlapMax; ++chunk) seal(chunk);
  EXPECT_EQ(append(kStart + 10min).duplicate, 1u);
  seal(SealedTimes::kOverlapMax);
  EXPECT_EQ(append(kStart + 16min).too_old, 1u);
  EXPECT_EQ(append(kStart + 32min).too_old, 0u) << "nothing is sealed there";
}

TEST(HeadThatCatchesUp, LooksIntoNoChunkThatASampleIsNotIn) {
  CountingStore store;
  HeadOptions options;
  options.chunk_samples = 10;
  constexpr int kSamples = 1000;
  uint64_t sequence = 0;
  auto push = [&](Head& head, Timestamp first, int count) {
    std::vector<std::tuple<Labels, Timestamp, double>> samples;
    for (int i = 0; i < count; ++i) samples.emplace_back(Host(1), first + 1s * i, i);
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = ++sequence;
    Head::Refused refused = head.Append(Block(samples), kStart + 24h, commit);
    EXPECT_TRUE(store.Commit({&commit, 1}).ok());
    return refused.duplicate;
  };
  Head head(kPartition, store, options);
  ASSERT_TRUE(head.Load().ok());
  EXPECT_EQ(push(head, kStart + 12h, 1), 0u);
  EXPECT_EQ(push(head, kStart + 14h, 1), 0u) << "which seals it: what follows is late";
  for (int i = 0; i < kSamples; i += 20) EXPECT_EQ(push(head, kStart + 1s * i, 20), 0u);
  EXPECT_LE(store.asked, 3) << "once for the window, however many of its chunks are sealed";
  const size_t before = head.memory_bytes();
  // All of it again: each chunk is looked into once.
  for (int i = 0; i < kSamples; i += 20) EXPECT_EQ(push(head, kStart + 1s * i, 20), 20u);
  EXPECT_LE(store.asked, 3 + kSamples / 10);
  EXPECT_LE(head.memory_bytes(), before + 1024) << "and not remembered";
}

}  // namespace
}  // namespace forewarn
