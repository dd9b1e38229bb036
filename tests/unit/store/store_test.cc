#include "store/store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "model/ids.h"
#include "store/memory_store.h"
#include "tests/unit/store/temp_dir.h"

// What every Store promises, asked of each kind.

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A kind of Store that can die and come back over what was durable.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void Reopen() = 0;
};

class MemoryUnderTest : public StoreUnderTest {
 public:
  Store& store() override { return store_; }
  void Reopen() override {}  // the object is the disk

 private:
  MemoryStore store_;
};

class RocksUnderTest : public StoreUnderTest {
 public:
  RocksUnderTest() { Reopen(); }
  Store& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    auto opened = OpenStore({.dir = dir_.path() + "/db"});
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
  }

 private:
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

class StoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  Store& store() { return under_test_->store(); }
  void Reopen() { under_test_->Reopen(); }

  Commit Next(uint32_t partition) {
    Commit commit;
    commit.partition = partition;
    commit.sequence = ++sequences_[partition];
    commit.entry = fmt::format("entry {}", commit.sequence);
    return commit;
  }
  void Write(const Commit& commit) {
    Status status = store().Commit({&commit, 1});
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  std::vector<uint64_t> Journal(uint32_t partition, uint64_t first = 1) {
    std::vector<uint64_t> result;
    EXPECT_TRUE(store()
                    .ReadJournal(partition, first,
                                 [&](const Store::JournalItem& item) {
                                   result.push_back(item.sequence);
                                   return OkStatus();
                                 })
                    .ok());
    return result;
  }
  std::vector<std::string> State(uint32_t partition, StateKind kind) {
    std::vector<std::string> result;
    EXPECT_TRUE(store()
                    .ReadState(partition, kind,
                               [&](std::string_view id, std::string_view record) {
                                 result.push_back(fmt::format("{}={}", id, record));
                                 return OkStatus();
                               })
                    .ok());
    return result;
  }
  std::vector<std::string> History(std::string_view customer, int64_t from, int64_t to,
                                   size_t limit = 100) {
    auto rows = store().ReadHistory(3, customer, FromMillis(from), FromMillis(to), limit);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    std::vector<std::string> result;
    for (const HistoryRow& row : *rows) {
      EXPECT_EQ(row.customer, customer);
      result.push_back(row.record);
    }
    return result;
  }
  std::vector<std::string> Chunks(SeriesId id, int64_t from, int64_t to) {
    auto chunks = store().ReadChunks(3, id, FromMillis(from), FromMillis(to));
    EXPECT_TRUE(chunks.ok()) << chunks.status().ToString();
    std::vector<std::string> result;
    for (const SealedChunk& chunk : *chunks) {
      EXPECT_EQ(chunk.id, id);
      result.push_back(fmt::format("{}-{} {} {}", ToMillis(chunk.first), ToMillis(chunk.last),
                                   chunk.count, chunk.bytes));
    }
    return result;
  }
  static HistoryRow Row(std::string customer, int64_t at, std::string record) {
    return {HistoryKind::kEvent, std::move(customer), "probe", FromMillis(at), std::move(record)};
  }
  Store::Retention KeepAll() {
    Store::Retention retention;
    retention.chunks_before = retention.history_before = FromMillis(-1'000'000'000'000);
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    return retention;
  }

  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
  std::map<uint32_t, uint64_t> sequences_;
};

TEST_P(StoreTest, IsEmptyAtFirst) {
  EXPECT_EQ(*store().LastSequence(0), 0u);
  EXPECT_EQ(*store().LastSequence(kControlPartition), 0u);
  EXPECT_THAT(Journal(3), IsEmpty());
  EXPECT_THAT(State(3, StateKind::kAlert), IsEmpty());
  EXPECT_THAT(History("acme", 0, 1000), IsEmpty());
  EXPECT_THAT(Chunks(1, 0, 1000), IsEmpty());
}

TEST_P(StoreTest, KeepsTheJournalOfEachPartitionApartAndInOrder) {
  std::vector<Commit> commits;
  for (int i = 0; i < 3; ++i) {
    commits.push_back(Next(3));
    commits.push_back(Next(4));
  }
  commits.push_back(Next(kControlPartition));
  ASSERT_TRUE(store().Commit(commits).ok());
  Write(Next(3));
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(Journal(3), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(Journal(3, 3), ElementsAre(3, 4));
    EXPECT_THAT(Journal(3, 5), IsEmpty());
    EXPECT_THAT(Journal(4), ElementsAre(1, 2, 3));
    EXPECT_THAT(Journal(kControlPartition), ElementsAre(1));
    EXPECT_EQ(*store().LastSequence(3), 4u);
    EXPECT_EQ(*store().LastSequence(4), 3u);
    EXPECT_EQ(*store().LastSequence(5), 0u);
    Reopen();
  }
}

TEST_P(StoreTest, GivesBackJournalledSamplesAndEntryToTheBit) {
  Commit commit = Next(3);
  commit.entry = std::string("\0binary\xff", 8);
  commit.samples.Add(7, FromMillis(1'700'000'000'123), 0.1);
  commit.samples.Add(4'000'000'000, FromMillis(-5), StaleMarker());
  commit.samples.Add(1, FromMillis(1'700'000'000'000), -0.0);
  Write(commit);
  Reopen();
  int items = 0;
  ASSERT_TRUE(store()
                  .ReadJournal(3, 1,
                               [&](const Store::JournalItem& item) {
                                 ++items;
                                 EXPECT_EQ(item.entry, commit.entry);
                                 EXPECT_EQ(item.samples.ids, commit.samples.ids);
                                 EXPECT_EQ(item.samples.times, commit.samples.times);
                                 EXPECT_EQ(item.samples.size(), 3u);
                                 for (size_t i = 0; i < item.samples.size(); ++i) {
                                   EXPECT_EQ(std::bit_cast<uint64_t>(item.samples.values[i]),
                                             std::bit_cast<uint64_t>(commit.samples.values[i]));
                                 }
                                 return OkStatus();
                               })
                  .ok());
  EXPECT_EQ(items, 1);
}

TEST_P(StoreTest, StopsReadingTheJournalWhenToldTo) {
  Write(Next(3));
  Write(Next(3));
  int calls = 0;
  Status status = store().ReadJournal(3, 1, [&](const Store::JournalItem&) {
    ++calls;
    return Unavailable("enough");
  });
  EXPECT_EQ(status, Unavailable("enough"));
  EXPECT_EQ(calls, 1);
}

TEST_P(StoreTest, RefusesAHoleInTheSequencesAndWritesNothingOfIt) {
  std::vector<Commit> commits = {Next(3), Next(3), Next(3)};
  commits.erase(commits.begin() + 1);
  EXPECT_EQ(store().Commit(commits).code(), Code::kInternal);
  EXPECT_THAT(Journal(3), IsEmpty());
}

TEST_P(StoreTest, WritesNothingForAnEmptyCommit) {
  Commit commit = Next(3);
  commit.empty = true;
  Write(commit);
  EXPECT_EQ(*store().LastSequence(3), 0u);
  ASSERT_TRUE(store().Commit({}).ok());
}

TEST_P(StoreTest, PutsReplacesAndRemovesStateRecords) {
  Commit commit = Next(3);
  commit.state = {{StateKind::kAlert, "b", "1"},
                  {StateKind::kAlert, "a", "2"},
                  {StateKind::kTicket, "a", "3"},
                  {StateKind::kPartition, "", "4"}};
  Write(commit);
  Commit second = Next(3);
  second.state = {{StateKind::kAlert, "b", ""},
                  {StateKind::kAlert, "c", "5"},
                  {StateKind::kAlert, "c", "6"},
                  {StateKind::kTicket, "none", ""}};
  Write(second);
  Commit other = Next(4);
  other.state = {{StateKind::kAlert, "x", "7"}};
  Write(other);
  Reopen();
  EXPECT_THAT(State(3, StateKind::kAlert), ElementsAre("a=2", "c=6"));
  EXPECT_THAT(State(3, StateKind::kTicket), ElementsAre("a=3"));
  EXPECT_THAT(State(3, StateKind::kPartition), ElementsAre("=4"));
  EXPECT_EQ(*store().GetState(3, StateKind::kPartition, ""), "4");
  EXPECT_EQ(*store().GetState(4, StateKind::kAlert, "x"), "7");
  EXPECT_EQ(store().GetState(3, StateKind::kAlert, "b").status().code(), Code::kNotFound);
  EXPECT_EQ(store().GetState(3, StateKind::kAlert, "x").status().code(), Code::kNotFound);
}

TEST_P(StoreTest, KeepsSeriesByNumber) {
  Commit commit = Next(3);
  commit.new_series = {{1, {{"__name__", "up"}, {"host", "a"}}}, {2, {{"__name__", "up"}}}};
  Write(commit);
  Commit second = Next(3);
  second.new_series = {{300, {{"__name__", "load"}}}};
  Write(second);
  Reopen();
  std::vector<std::string> series;
  ASSERT_TRUE(store()
                  .ReadSeries(3,
                              [&](const NewSeries& item) {
                                series.push_back(
                                    fmt::format("{} {}", item.id, item.labels.ToString()));
                                return OkStatus();
                              })
                  .ok());
  EXPECT_THAT(series, ElementsAre("1 up{host=\"a\"}", "2 up", "300 load"));
}

TEST_P(StoreTest, FindsTheChunksThatOverlapARange) {
  const int64_t kDay = 86'400'000;
  Commit commit = Next(3);
  auto add = [&](SeriesId id, int64_t first, int64_t last, std::string bytes) {
    commit.chunks.push_back({id, FromMillis(first), FromMillis(last), 2, std::move(bytes)});
  };
  add(1, 100, 200, "a");
  add(1, 150, 180, "b");  // late samples
  add(1, 300, 400, "c");
  add(1, 5 * kDay, 5 * kDay + 10, "d");
  add(1, -kDay, -kDay + 10, "e");
  add(2, 100, 200, "f");
  Write(commit);
  Reopen();
  EXPECT_THAT(Chunks(1, 0, 99), IsEmpty());
  EXPECT_THAT(Chunks(1, 0, 100), ElementsAre("100-200 2 a"));
  EXPECT_THAT(Chunks(1, 190, 250), ElementsAre("100-200 2 a"));
  EXPECT_THAT(Chunks(1, 160, 300), ElementsAre("100-200 2 a", "150-180 2 b", "300-400 2 c"));
  EXPECT_THAT(Chunks(1, 401, 5 * kDay),
              ElementsAre(fmt::format("{}-{} 2 d", 5 * kDay, 5 * kDay + 10)));
  EXPECT_EQ(Chunks(1, ToMillis(Timestamp::min()), ToMillis(Timestamp::max())).size(), 5u);
  EXPECT_EQ(Chunks(1, ToMillis(Timestamp::min()), ToMillis(Timestamp::max()))[0],
            fmt::format("{}-{} 2 e", -kDay, -kDay + 10));
  EXPECT_THAT(Chunks(3, 0, 1000), IsEmpty());
  EXPECT_THAT(Chunks(1, 300, 100), IsEmpty());
}

TEST_P(StoreTest, ReadsHistoryOldestFirstAndTheNewestRowsWhenThereAreTooMany) {
  const int64_t kDay = 86'400'000;
  Commit commit = Next(3);
  commit.history = {Row("acme", 20, "b"),       Row("acme", 10, "a"), Row("acme", 20, "c"),
                    Row("acme", 3 * kDay, "e"), Row("ac", 15, "x"),   Row("acme-2", 15, "y"),
                    Row("acme", -5, "-")};
  Write(commit);
  Commit second = Next(3);
  second.history = {Row("acme", 20, "d")};
  Write(second);
  Reopen();
  EXPECT_THAT(History("acme", -10, 5 * kDay), ElementsAre("-", "a", "b", "c", "d", "e"));
  EXPECT_THAT(History("acme", 10, 20), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(History("acme", 11, 19), IsEmpty());
  EXPECT_THAT(History("acme", 10, 5 * kDay, 2), ElementsAre("d", "e"));
  EXPECT_THAT(History("acme", 10, 20, 0), IsEmpty());
  EXPECT_THAT(History("acme", 20, 10), IsEmpty());
  EXPECT_THAT(History("ac", ToMillis(Timestamp::min()), ToMillis(Timestamp::max())),
              ElementsAre("x"));
}

TEST_P(StoreTest, GivesBackWholeHistoryRows) {
  Commit commit = Next(3);
  commit.history = {{HistoryKind::kAlert, "acme", "", FromMillis(5), std::string("\0\1", 2)},
                    {HistoryKind::kGap, "acme", "3f1", FromMillis(6), ""}};
  Write(commit);
  Reopen();
  auto rows = store().ReadHistory(3, "acme", FromMillis(0), FromMillis(10), 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].kind, HistoryKind::kAlert);
  EXPECT_EQ((*rows)[0].record, std::string("\0\1", 2));
  EXPECT_EQ((*rows)[0].at, FromMillis(5));
  EXPECT_EQ((*rows)[1].kind, HistoryKind::kGap);
  EXPECT_EQ((*rows)[1].probe, "3f1");
}

TEST_P(StoreTest, DropsTheJournalBeforeWhatIsStillNeededAndKeepsCounting) {
  for (int i = 0; i < 5; ++i) {
    Write(Next(3));
    Write(Next(4));
  }
  Store::Retention retention = KeepAll();
  retention.journal_kept_from[3] = 4;
  retention.journal_kept_from[4] = 6;
  ASSERT_TRUE(store().Drop(retention).ok());
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(Journal(3), ElementsAre(4, 5));
    EXPECT_THAT(Journal(4), IsEmpty());
    EXPECT_EQ(*store().LastSequence(4), 5u);
    Reopen();
  }
  Write(Next(4));
  EXPECT_THAT(Journal(4), ElementsAre(6));
  ASSERT_TRUE(store().Drop(KeepAll()).ok());
  EXPECT_THAT(Journal(3), ElementsAre(4, 5)) << "what is gone does not come back";
  Reopen();
  EXPECT_THAT(Journal(3), ElementsAre(4, 5));
}

TEST_P(StoreTest, DropsNoJournalThatIsYetToCome) {
  Write(Next(3));
  Store::Retention retention = KeepAll();
  retention.journal_kept_from[3] = 100;  // a shard may be ahead of what is durable
  ASSERT_TRUE(store().Drop(retention).ok());
  Reopen();
  EXPECT_THAT(Journal(3), IsEmpty());
  Write(Next(3));
  EXPECT_THAT(Journal(3), ElementsAre(2));
}

TEST_P(StoreTest, DropsWholeDaysOfChunksAndHistory) {
  const int64_t kDay = 86'400'000;
  Commit commit = Next(3);
  for (int64_t day = 0; day < 4; ++day) {
    commit.chunks.push_back({1, FromMillis(day * kDay + 5), FromMillis(day * kDay + 6), 2, "x"});
    commit.history.push_back(Row("acme", day * kDay + 5, fmt::format("day {}", day)));
  }
  Write(commit);
  Store::Retention retention = KeepAll();
  retention.chunks_before = FromMillis(2 * kDay + 1000);  // in the middle of a day
  retention.history_before = FromMillis(3 * kDay);
  // None of them is a chunk that anybody could read, so all was done, and is told.
  Status dropped = store().Drop(retention);
  EXPECT_EQ(dropped.code(), Code::kDataLoss);
  EXPECT_THAT(dropped.message(), HasSubstr("2 records"));
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(Chunks(1, 0, 10 * kDay),
                ElementsAre(fmt::format("{}-{} 2 x", 2 * kDay + 5, 2 * kDay + 6),
                            fmt::format("{}-{} 2 x", 3 * kDay + 5, 3 * kDay + 6)));
    EXPECT_THAT(History("acme", 0, 10 * kDay), ElementsAre("day 3"));
    EXPECT_THAT(Journal(3), ElementsAre(1));
    Reopen();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, StoreTest,
    ::testing::Values(Kind{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
                      Kind{"RocksDb", [] { return std::make_unique<RocksUnderTest>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace forewarn
