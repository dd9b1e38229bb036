#include "store/series_view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/ids.h"
#include "store/head.h"
#include "store/memory_store.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr uint32_t kPartition = 5;
// The start of a window of two hours, and of a day.
constexpr Timestamp kStart = FromMillis(1'767'225'600'000);

Labels Host(int host) { return {{"__name__", "load"}, {"host", fmt::format("h{}", host)}}; }

// A head over a real database, since what is held must be held there.
class SeriesViewTest : public RocksFixture {
 protected:
  void SetUp() override {
    store_ = Open();
    Restart();
  }
  void Restart() {
    head_ = std::make_unique<Head>(kPartition, *store_, HeadOptions{});
    ASSERT_TRUE(head_->Load().ok());
    ASSERT_TRUE(
        store_
            ->ReadJournal(kPartition, 1,
                          [&](const Store::JournalItem& item) { return head_->Replay(item); })
            .ok());
  }
  void Push(int host, std::vector<Sample> samples, bool seals = false) {
    SampleBlock block;
    block.table = std::make_shared<SeriesTable>(SeriesTable{{Host(host)}});
    for (const Sample& sample : samples) {
      block.refs.push_back(0);
      block.times.push_back(sample.at);
      block.values.push_back(sample.value);
    }
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = ++sequence_;
    head_->Append(block, samples.back().at, commit);
    if (seals) head_->SealBefore(kStart + 24h, commit);
    ASSERT_TRUE(store_->Commit({&commit, 1}).ok());
  }
  std::unique_ptr<const SeriesView> Look(SelectLimits limits = {}, Timestamp to = kStart + 24h) {
    auto view = head_->Look({Matcher::Equal("__name__", "load")}, kStart, to, limits);
    EXPECT_TRUE(view.ok()) << view.status().ToString();
    return view.ok() ? *std::move(view) : nullptr;
  }
  static std::vector<Sample> SamplesOf(const SeriesView& view, int host) {
    for (size_t i = 0; i < view.size(); ++i) {
      auto data = view.Read(i);
      EXPECT_TRUE(data.ok()) << data.status().ToString();
      if (data->labels == Host(host)) return data->samples;
    }
    return {};
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<Head> head_;
  uint64_t sequence_ = 0;
};

TEST_F(SeriesViewTest, ReadsWhatSelectFindsInTheSameOrder) {
  Push(2, {{kStart, 1}, {kStart + 1h, 2}}, true);
  Push(1, {{kStart + 1min, 3}}, true);
  Push(2, {{kStart + 2h, 4}});
  Push(3, {{kStart + 3h, 5}});
  for (int life = 0; life < 2; ++life) {
    auto selected = head_->Select({Matcher::Equal("__name__", "load")}, kStart + 1min,
                                  kStart + 150min, SelectLimits{});
    auto view = head_->Look({Matcher::Equal("__name__", "load")}, kStart + 1min, kStart + 150min,
                            SelectLimits{});
    ASSERT_TRUE(view.ok());
    auto read = (*view)->ReadAll(SelectLimits{}, nullptr);
    ASSERT_TRUE(read.ok());
    ASSERT_THAT(*read, SizeIs(2));
    for (size_t i = 0; i < read->size(); ++i) {
      EXPECT_EQ((*read)[i].labels, (*selected)[i].labels);
      EXPECT_EQ((*read)[i].samples, (*selected)[i].samples);
    }
    Restart();
  }
}

TEST_F(SeriesViewTest, StaysAsItWasWhateverIsCommittedAfterwards) {
  Push(1, {{kStart, 1}}, true);
  Push(1, {{kStart + 3h, 2}});
  auto view = Look();
  Push(1, {{kStart + 3h + 1s, 3}}, true);                     // what was open is sealed
  Push(1, {{kStart + 1h, 4}}, true);                          // late, in a chunk of its own
  Push(1, {{kStart + 6h, 5}, {kStart + 6h + 1s, 6}}, false);  // goes on
  EXPECT_THAT(SamplesOf(*view, 1), ElementsAre(Sample{kStart, 1}, Sample{kStart + 3h, 2}));
  EXPECT_THAT(SamplesOf(*Look(), 1), SizeIs(6));
}

TEST_F(SeriesViewTest, FindsTheRollupsOfWhatWasDroppedSince) {
  std::vector<Sample> samples;
  for (int i = 0; i < 40; ++i) samples.push_back({kStart + 15s * i, static_cast<double>(i)});
  Push(1, samples, true);
  auto view = Look();
  Store::Retention retention;
  retention.chunks_before = kStart + 24h;
  retention.history_before = kTimeZero;
  retention.journal_kept_from.assign(kPartitions + 1, 1);
  ASSERT_TRUE(store_->Drop(retention).ok());
  std::vector<Sample> read = SamplesOf(*view, 1);
  ASSERT_FALSE(read.empty()) << "all samples, or what is left of them";
  EXPECT_EQ(read.back(), samples.back());
}

TEST_F(SeriesViewTest, NamesTheLimitThatWouldBePassed) {
  Push(1, {{kStart, 1}, {kStart + 1s, 2}}, true);
  Push(2, {{kStart, 1}}, true);
  auto view = Look();
  EXPECT_THAT(view->ReadAll({.max_series = 1}, nullptr).status().message(),
              HasSubstr("more than 1 series match"));
  EXPECT_THAT(view->ReadAll({.max_samples = 2}, nullptr).status().message(),
              HasSubstr("more than 2 samples match"));
  EXPECT_TRUE(view->ReadAll({.max_series = 2, .max_samples = 3}, nullptr).ok());
  // Known already without the store.
  Push(3, {{kStart + 6h, 1}, {kStart + 6h + 1s, 1}});
  Push(4, {{kStart + 6h, 1}});
  auto look = [&](SelectLimits limits) {
    return head_->Look({Matcher::Equal("__name__", "load")}, kStart + 6h, kStart + 7h, limits)
        .status()
        .code();
  };
  EXPECT_EQ(look({.max_series = 1}), Code::kResourceExhausted);
  EXPECT_EQ(look({.max_samples = 2}), Code::kResourceExhausted);
  EXPECT_EQ(look({.max_series = 2, .max_samples = 3}), Code::kOk);
}

TEST_F(SeriesViewTest, EndsWhenNobodyWaitsForIt) {
  for (int host = 0; host < 10; ++host) Push(host, {{kStart, 1}}, true);
  auto view = Look();
  int asked = 0;
  auto read = view->ReadAll(SelectLimits{}, [&] { return ++asked == 3; });
  EXPECT_EQ(read.status().code(), Code::kCancelled);
  EXPECT_EQ(asked, 3);
}

TEST(SeriesViewOfMemory, StaysAsItWasToo) {
  MemoryStore store;
  Commit commit;
  commit.partition = kPartition;
  commit.sequence = 1;
  commit.chunks = {{1, kStart, kStart, 1, "a", 0}};
  ASSERT_TRUE(store.Commit({&commit, 1}).ok());
  auto held = store.HoldChunks(kPartition);
  commit.sequence = 2;
  commit.chunks = {{1, kStart + 1s, kStart + 1s, 1, "b", 0}};
  ASSERT_TRUE(store.Commit({&commit, 1}).ok());
  EXPECT_THAT(*held->ReadChunks(1, kStart, kStart + 1h), SizeIs(1));
  EXPECT_THAT(*store.HoldChunks(kPartition)->ReadChunks(1, kStart, kStart + 1h), SizeIs(2));
  EXPECT_THAT(*held->ReadChunks(2, kStart, kStart + 1h), SizeIs(0));
}

}  // namespace
}  // namespace forewarn
