#include "tests/golden/golden_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <map>
#include <tuple>

#include "model/ids.h"
#include "store/chunk.h"
#include "store/store.h"
#include "tests/unit/store/temp_dir.h"

namespace forewarn {
namespace {

std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (double value : values) bits.push_back(std::bit_cast<uint64_t>(value));
  return bits;
}

using Seal = std::tuple<uint32_t, SeriesId, Timestamp, Timestamp>;
std::vector<Seal> SealsOf(const Store::JournalItem& item) {
  std::vector<Seal> seals;
  for (const auto& seal : *item.seals) {
    seals.emplace_back(seal.after, seal.id, seal.first, seal.last);
  }
  return seals;
}
std::vector<Seal> SealsOf(const Commit& commit) {
  std::vector<Seal> seals;
  for (const SealedChunk& chunk : commit.chunks) {
    seals.emplace_back(chunk.after, chunk.id, chunk.first, chunk.last);
  }
  return seals;
}

// A database of each format is read by this version, whole; an older one is brought up to today's.
class GoldenStore : public ::testing::TestWithParam<int> {
 protected:
  GoldenStore() {
    std::filesystem::copy(
        std::string(FW_SOURCE_DIR) + "/tests/golden/store_v" + std::to_string(GetParam()),
        dir_.path() + "/db", std::filesystem::copy_options::recursive);
    auto opened = OpenStore({.dir = dir_.path() + "/db"});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    if (opened.ok()) store_ = *std::move(opened);
  }
  void SetUp() override { ASSERT_NE(store_, nullptr); }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  std::vector<Commit> commits_ = GoldenCommits(GetParam());
  uint64_t last_sequence_ = GetParam() < 3 ? 3 : GetParam() < 4 ? 4 : 7;  // of partition 7
};

TEST_P(GoldenStore, HoldsTheJournal) {
  EXPECT_EQ(*store_->LastSequence(7), last_sequence_);
  EXPECT_EQ(*store_->LastSequence(kControlPartition), 1u);
  EXPECT_EQ(*store_->LastSequence(0), 0u);
  for (uint32_t partition : {7u, kControlPartition}) {
    std::vector<const Commit*> expected;
    for (const Commit& commit : commits_) {
      if (commit.partition == partition) expected.push_back(&commit);
    }
    size_t next = 0;
    Status read = store_->ReadJournal(partition, 1, [&](const Store::JournalItem& item) {
      if (next >= expected.size()) return Internal("too many");
      const Commit& commit = *expected[next++];
      EXPECT_EQ(item.sequence, commit.sequence);
      EXPECT_EQ(item.entry, commit.entry);
      EXPECT_EQ(item.samples.ids, commit.samples.ids);
      EXPECT_EQ(item.samples.times, commit.samples.times);
      EXPECT_EQ(Bits(item.samples.values), Bits(commit.samples.values));
      EXPECT_EQ(item.seals.has_value(), GetParam() >= 3) << "older formats do not tell";
      if (item.seals) {
        EXPECT_EQ(SealsOf(item), SealsOf(commit));
      }
      return OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read.ToString();
    EXPECT_EQ(next, expected.size());
  }
}

TEST_P(GoldenStore, HoldsSeriesAndTheirChunksOfAllKinds) {
  std::map<SeriesId, Labels> expected, found;
  for (const Commit& commit : commits_) {
    for (const NewSeries& series : commit.new_series) expected[series.id] = series.labels;
  }
  ASSERT_TRUE(store_
                  ->ReadSeries(7,
                               [&](const NewSeries& series) {
                                 found[series.id] = series.labels;
                                 return OkStatus();
                               })
                  .ok());
  EXPECT_EQ(found, expected);

  const std::vector<std::vector<double>> values = {
      {1, 1, 1, 1}, {0.25, 0.5, -7, 12.75}, {1e300, StaleMarker(), -0.0, 0.1}};
  for (SeriesId id = 1; id <= 3; ++id) {
    auto chunks = store_->ReadChunks(7, id, Timestamp::min(), Timestamp::max());
    ASSERT_TRUE(chunks.ok()) << chunks.status().ToString();
    ASSERT_EQ(chunks->size(), 1u);
    const SealedChunk& chunk = chunks->front();
    std::vector<Sample> samples, wanted;
    Status decoded = DecodeChunk(chunk.bytes, samples);
    ASSERT_TRUE(decoded.ok()) << decoded.ToString();
    for (size_t i = 0; i < 4; ++i) {
      wanted.push_back(
          {FromMillis(1'767'225'600'000 + 15'000 * static_cast<int64_t>(i)), values[id - 1][i]});
    }
    EXPECT_EQ(samples, wanted);
    EXPECT_EQ(chunk.count, 4u);
    EXPECT_EQ(chunk.first, wanted.front().at);
    EXPECT_EQ(chunk.last, wanted.back().at);
  }
}

// What is sealed and not asked for would be hidden, and taken again when it is sent again.
TEST_P(GoldenStore, TellsUpToWhereSamplesAreSealed) {
  Timestamp last = Timestamp::min();
  for (const Commit& commit : commits_) {
    for (const SealedChunk& chunk : commit.chunks) last = std::max(last, chunk.last);
  }
  EXPECT_GE(*store_->SealedUntil(7), last);
  EXPECT_EQ(*store_->SealedUntil(7) == last, GetParam() >= 3);
}

// From format 3 on; before, there were none. In format 4 they are of a day that is over for this
// customer and not for all.
TEST_P(GoldenStore, HoldsRollups) {
  const bool has = GetParam() >= 3;
  EXPECT_EQ(store_->RawFrom(7), has ? kGoldenRawFrom : Timestamp::min());
  EXPECT_EQ(store_->RawFrom(8), GetParam() == 3 ? kGoldenRawFrom : Timestamp::min());
  for (Duration stretch : kRollupStretches) {
    auto rollups = store_->ReadRollups(7, 1, stretch, Timestamp::min(), Timestamp::max());
    ASSERT_TRUE(rollups.ok()) << rollups.status().ToString();
    ASSERT_EQ(rollups->size(), has ? 1u : 0u);
    if (!has) continue;
    EXPECT_EQ(rollups->front().count, 4u);
    EXPECT_EQ(rollups->front().min, 0);
    EXPECT_EQ(rollups->front().max, 1.5);
    EXPECT_EQ(rollups->front().sum, 3);
    EXPECT_EQ(rollups->front().last, (Sample{kGoldenRawFrom - 1h + 45s, 1.5}));
  }
}

TEST_P(GoldenStore, HoldsStateAndHistory) {
  EXPECT_EQ(*store_->GetState(7, StateKind::kPartition, ""), "at three");
  EXPECT_EQ(*store_->GetState(7, StateKind::kAlert, "a2"), "firing");
  EXPECT_EQ(store_->GetState(7, StateKind::kAlert, "a1").status().code(), Code::kNotFound);
  EXPECT_EQ(*store_->GetState(kControlPartition, StateKind::kToken, "t"), "token");
  auto rows = store_->ReadHistory(7, "acme", Timestamp::min(), Timestamp::max(), 10);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].record, "a step");
  EXPECT_EQ((*rows)[0].kind, HistoryKind::kAlert);
  EXPECT_EQ((*rows)[1].record, "an event");
  EXPECT_EQ((*rows)[1].probe, "p1");
  EXPECT_EQ((*rows)[2].record, "a gap");
}

TEST_P(GoldenStore, TakesNewCommits) {
  Commit commit;
  commit.partition = 7;
  commit.sequence = last_sequence_ + 1;
  EXPECT_TRUE(store_->Commit({&commit, 1}).ok());
}

TEST_P(GoldenStore, OpensAgain) {
  store_.reset();
  auto again = OpenStore({.dir = dir_.path() + "/db"});
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(*(*again)->LastSequence(7), last_sequence_);
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenStore, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace forewarn
