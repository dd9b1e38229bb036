#include "store/head.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/chunk.h"
#include "store/memory_store.h"
#include "store/sealed_times.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kPartition = 5;
// The start of a window of two hours.
constexpr Timestamp kStart = FromMillis(1'767'225'600'000);

Labels Host(int host) {
  return {{"__name__", "load"},
          {"host", fmt::format("h{:02}", host)},
          {"probe", "p"},
          {"customer", "c"}};
}

SampleBlock Block(const std::vector<std::tuple<Labels, Timestamp, double>>& samples) {
  auto table = std::make_shared<SeriesTable>();
  SampleBlock block;
  for (const auto& [labels, at, value] : samples) {
    auto found = std::find(table->series.begin(), table->series.end(), labels);
    block.refs.push_back(static_cast<uint32_t>(found - table->series.begin()));
    if (found == table->series.end()) table->series.push_back(labels);
    block.times.push_back(at);
    block.values.push_back(value);
  }
  block.table = table;
  return block;
}

const Matchers& All() {
  static const Matchers all = {*Matcher::Make(Matcher::Kind::kRegex, "__name__", ".+")};
  return all;
}

// A head with its store, driven as a shard drives it.
class HeadTest : public ::testing::Test {
 protected:
  HeadTest() { Restart(); }

  void Restart() {
    head_ = std::make_unique<Head>(kPartition, store_, options_);
    ASSERT_TRUE(head_->Load().ok());
    Status status = store_.ReadJournal(
        kPartition, 1, [&](const Store::JournalItem& item) { return head_->Replay(item); });
    ASSERT_TRUE(status.ok()) << status.ToString();
    sequence_ = *store_.LastSequence(kPartition);
  }

  Commit Begin() {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = ++sequence_;
    return commit;
  }
  void Write(const Commit& commit) { ASSERT_TRUE(store_.Commit({&commit, 1}).ok()); }

  Head::Refused Push(const SampleBlock& block, Timestamp now) {
    Commit commit = Begin();
    Head::Refused refused = head_->Append(block, now, commit);
    Write(commit);
    return refused;
  }
  void Seal(Timestamp now) {
    Commit commit = Begin();
    head_->SealBefore(now, commit);
    Write(commit);
  }

  std::vector<Sample> SamplesOf(const Labels& labels, Timestamp from = Timestamp::min(),
                                Timestamp to = Timestamp::max()) {
    Matchers matchers;
    for (const auto& [name, value] : labels)
      matchers.push_back(Matcher::Equal(std::string(name), std::string(value)));
    auto found = head_->Select(matchers, from, to, {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found->empty() ? std::vector<Sample>{} : found->front().samples;
  }
  uint64_t KeptFrom() const { return head_->JournalKeptFrom(sequence_ + 1); }

  HeadOptions options_;
  MemoryStore store_;
  std::unique_ptr<Head> head_;
  uint64_t sequence_ = 0;
};

TEST_F(HeadTest, FindsWhatItWasTold) {
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

TEST_F(HeadTest, SelectsBothEndsOfTheRangeAndNoSeriesWithoutSamplesInIt) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 15s, 2}, {Host(1), kStart + 30s, 3}}),
       kStart);
  EXPECT_THAT(SamplesOf(Host(1), kStart, kStart + 15s),
              ElementsAre(Sample{kStart, 1}, Sample{kStart + 15s, 2}));
  auto found = head_->Select(All(), kStart + 1s, kStart + 14s, {});
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(*found, IsEmpty());
}

TEST_F(HeadTest, TellsTheNamesOfSeriesThatMayHaveSamplesInTheRange) {
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

TEST_F(HeadTest, StoresLateSamplesAndFindsThemInOrder) {
  Push(Block({{Host(1), kStart + 1h, 3}}), kStart + 1h);
  Push(Block({{Host(1), kStart, 2}, {Host(1), kStart - 24h * 7, 1}}), kStart + 1h);
  EXPECT_THAT(SamplesOf(Host(1)),
              ElementsAre(Sample{kStart - 24h * 7, 1}, Sample{kStart, 2}, Sample{kStart + 1h, 3}));
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

TEST_F(HeadTest, TakesResultsOfRecordingRulesWhateverTheLimit) {
  options_.max_series_per_customer = 0;
  Restart();
  Commit commit = Begin();
  head_->AppendDerived(Host(1), {kStart, 1}, commit);
  head_->AppendDerived(Host(1), {kStart, 2}, commit);
  EXPECT_EQ(commit.samples.size(), 1u);
  Write(commit);
  EXPECT_THAT(SamplesOf(Host(1)), ElementsAre(Sample{kStart, 1}));
}

TEST_F(HeadTest, RefusesResultsThatOneCommitCannotHold) {
  options_.commit_samples = 3;
  Restart();
  Commit commit = Begin();
  head_->Append(Block({{Host(1), kStart, 1}, {Host(2), kStart, 1}}), kStart, commit);
  EXPECT_TRUE(head_->AppendDerived(Host(3), {kStart, 1}, commit));
  EXPECT_FALSE(head_->AppendDerived(Host(4), {kStart, 1}, commit));
  EXPECT_EQ(commit.samples.size(), 3u);
  EXPECT_EQ(head_->series_count(), 3u) << "nor is it named";
  Write(commit);
  Commit next = Begin();
  EXPECT_TRUE(head_->AppendDerived(Host(4), {kStart, 1}, next));
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

TEST_F(HeadTest, FindsWhatIsSealedBeforeItIsDurable) {
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

TEST_F(HeadTest, ReadsTheRollupsOfWhatWasDroppedAsIfItWereThere) {
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

TEST_F(HeadTest, NamesTheLimitThatAQueryWouldPass) {
  Push(Block({{Host(1), kStart, 1}, {Host(1), kStart + 1s, 1}, {Host(2), kStart, 1}}), kStart);
  auto series = head_->Select(All(), kStart, kStart + 1h, {.max_series = 1});
  EXPECT_EQ(series.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(series.status().message(), HasSubstr("more than 1 series"));
  auto samples = head_->Select(All(), kStart, kStart + 1h, {.max_samples = 2});
  EXPECT_EQ(samples.status().code(), Code::kResourceExhausted);
  EXPECT_THAT(samples.status().message(), HasSubstr("more than 2 samples"));
  EXPECT_TRUE(head_->Select(All(), kStart, kStart + 1h, {.max_series = 2, .max_samples = 3}).ok());
}

TEST_F(HeadTest, KeepsStaleMarkersAndOtherNaNsToTheBit) {
  Push(Block({{Host(1), kStart, StaleMarker()}, {Host(1), kStart + 1s, std::nan("7")}}), kStart);
  Seal(kStart + 2h);
  Restart();
  EXPECT_THAT(SamplesOf(Host(1)),
              ElementsAre(Sample{kStart, StaleMarker()}, Sample{kStart + 1s, std::nan("7")}));
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

TEST_F(HeadTest, TellsTheReaderOfADamagedChunkAndStillTakesSamples) {
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

// The strategy: one random history of entries (in order, late, twice, catching up, with window ends
// between them) is folded by a head that lives on, and again by heads that are killed: after every
// commit, or before it became durable, in which case the entry comes again; the journal is dropped
// now and then as far as the head allows. The invariants, after every step: both answer alike. And
// at the end: both stores hold the same chunks, byte by byte.
struct Step {
  std::vector<std::tuple<Labels, Timestamp, double>> samples;
  Timestamp arrival;
  bool drops_journal = false;
};

std::vector<Step> RandomHistory(std::mt19937_64& random) {
  std::vector<Step> steps;
  Timestamp now = kStart;
  for (int i = 0; i < 60; ++i) {
    Step step;
    now += Duration(random() % 40'000);
    step.arrival = now;
    size_t count = random() % 12;
    for (size_t k = 0; k < count; ++k) {
      Duration age(0);
      switch (random() % 6) {
        case 0: age = Duration(random() % 600'000); break;
        case 1: age = Duration(random() % 60'000); break;
        default: age = Duration(random() % 2'000); break;
      }
      // Whole seconds, so that times meet often.
      Timestamp at = std::chrono::floor<std::chrono::seconds>(now - age);
      step.samples.emplace_back(Host(static_cast<int>(random() % 4)), at,
                                static_cast<double>(random() % 1000) / 10);
    }
    step.drops_journal = random() % 5 == 0;
    steps.push_back(std::move(step));
  }
  return steps;
}

class Life {
 public:
  Life() { Restart(); }

  void Restart() {
    head_ = std::make_unique<Head>(kPartition, store_, Options());
    ASSERT_TRUE(head_->Load().ok());
    ASSERT_TRUE(
        store_
            .ReadJournal(kPartition, 1,
                         [&](const Store::JournalItem& item) { return head_->Replay(item); })
            .ok());
  }

  static HeadOptions Options() {
    HeadOptions options;
    options.chunk_window = 1min;
    options.chunk_samples = 7;
    return options;
  }

  Commit Fold(const Step& step) {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = *store_.LastSequence(kPartition) + 1;
    if (step.arrival.time_since_epoch() / 1min != last_arrival_.time_since_epoch() / 1min) {
      head_->SealBefore(step.arrival, commit);
    }
    head_->Append(Block(step.samples), step.arrival, commit);
    return commit;
  }
  void Write(const Step& step, const Commit& commit) {
    ASSERT_TRUE(store_.Commit({&commit, 1}).ok());
    last_arrival_ = step.arrival;  // a record of the shard in the same commit
    if (step.drops_journal) {
      Store::Retention retention;
      retention.chunks_before = retention.history_before = Timestamp::min() + 24h * 2;
      retention.journal_kept_from.assign(65, 1);
      retention.journal_kept_from[kPartition] = head_->JournalKeptFrom(commit.sequence + 1);
      ASSERT_TRUE(store_.Drop(retention).ok());
    }
  }

  std::vector<SeriesData> Everything() const {
    auto found = head_->Select(All(), Timestamp::min(), Timestamp::max(), {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return *found;
  }
  uint64_t KeptFrom() const { return head_->JournalKeptFrom(*store_.LastSequence(kPartition) + 1); }
  std::vector<std::string> Chunks() const {
    std::vector<std::string> result;
    for (SeriesId id = 1; id <= head_->series_count(); ++id) {
      auto chunks = store_.ReadChunks(kPartition, id, Timestamp::min(), Timestamp::max());
      for (const SealedChunk& chunk : *chunks) {
        result.push_back(fmt::format("{} {} {} {} ", id, ToMillis(chunk.first),
                                     ToMillis(chunk.last), chunk.count) +
                         chunk.bytes);
      }
    }
    return result;
  }

 private:
  MemoryStore store_;
  std::unique_ptr<Head> head_;
  Timestamp last_arrival_ = kTimeZero;
};

bool Same(const std::vector<SeriesData>& a, const std::vector<SeriesData>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.labels == y.labels && x.samples == y.samples;
  });
}

// What was accepted first, by hand.
std::vector<SeriesData> Expected(const std::vector<Step>& steps, size_t count) {
  std::map<Labels, std::map<Timestamp, double>> first;
  for (size_t i = 0; i < count; ++i) {
    for (const auto& [labels, at, value] : steps[i].samples) first[labels].emplace(at, value);
  }
  std::vector<SeriesData> result;
  for (const auto& [labels, samples] : first) {
    SeriesData& data = result.emplace_back();
    data.labels = labels;
    for (const auto& [at, value] : samples) data.samples.push_back({at, value});
  }
  return result;
}

TEST(HeadUnderKills, ComesBackTheSameFromAKillAtAnyStep) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    std::vector<Step> steps = RandomHistory(random);
    Life lives, dies;
    // Every third run dies at each step, the others now and then.
    uint64_t one_in = seed % 3 == 0 ? 1 : 4;
    for (size_t i = 0; i < steps.size(); ++i) {
      lives.Write(steps[i], lives.Fold(steps[i]));
      Commit commit = dies.Fold(steps[i]);
      if (random() % (2 * one_in) == 0) {
        dies.Restart();  // before it was durable: the sender has no answer and sends again
        commit = dies.Fold(steps[i]);
      }
      dies.Write(steps[i], commit);
      if (random() % one_in == 0) dies.Restart();
      ASSERT_TRUE(Same(lives.Everything(), dies.Everything())) << "step " << i;
      ASSERT_EQ(lives.KeptFrom(), dies.KeptFrom()) << "step " << i;
    }
    ASSERT_TRUE(Same(lives.Everything(), Expected(steps, steps.size())));
    ASSERT_EQ(lives.Chunks(), dies.Chunks());
    ASSERT_GT(lives.Chunks().size(), 10u) << "the history must reach the sealing";
  }
}

// A store that tells how often it was asked for chunks.
class CountingStore : public MemoryStore {
 public:
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to) const override {
    ++asked;
    return MemoryStore::ReadChunks(partition, id, from, to);
  }
  StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                 Timestamp first) const override {
    ++asked;
    return MemoryStore::ReadChunk(partition, id, first);
  }
  mutable int asked = 0;
};

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

TEST_F(HeadTest, FindsAChunkAgainThatWasOnItsWayWhenItWasLookedFor) {
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
