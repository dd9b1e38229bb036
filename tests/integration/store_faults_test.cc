#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "model/ids.h"
#include "store/rocks_store.h"
#include "tests/integration/fault_file_system.h"
#include "tests/unit/store/temp_dir.h"

// The strategy: a database lives through several lives on one disk. In each life commits of random
// sizes go to a few partitions, mixed with drops of old journal, until a fault strikes at a random
// operation below RocksDB: an I/O error, a full disk, or the loss of power, which takes what was
// not synced. Then the disk is healed, the database is opened again, and asked.
//
// The invariants, after every life:
//   - what was acknowledged is there, to the byte: journal, state, history, chunks;
//   - the call that failed is there as a whole, for all its partitions, or not at all;
//   - nothing else is there;
//   - a failure names the folder and the remedy. (What is answered without power nobody hears.)

namespace forewarn {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kUsed = 3;  // partitions

uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9e3779b97f4a7c15u + b;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9u;
  return x ^ x >> 32;
}

// Every commit's content follows from its partition and sequence.
std::string EntryOf(uint32_t partition, uint64_t sequence) {
  std::string entry = fmt::format("entry {}/{} ", partition, sequence);
  uint64_t size = Mix(partition, sequence) % 6000;
  for (uint64_t i = 0; i < size; ++i) {
    entry.push_back(static_cast<char>(Mix(sequence, i)));
  }
  return entry;
}

Commit MakeCommit(uint32_t partition, uint64_t sequence) {
  Commit commit;
  commit.partition = partition;
  commit.sequence = sequence;
  commit.entry = EntryOf(partition, sequence);
  int64_t at = static_cast<int64_t>(sequence) * 1000;
  commit.samples.Add(1, FromMillis(at), static_cast<double>(sequence));
  commit.state = {{StateKind::kPartition, "", fmt::format("{}", sequence)},
                  {StateKind::kAlert, fmt::format("{:08}", sequence), "open"},
                  {StateKind::kAlert, fmt::format("{:08}", sequence - 1), ""}};
  commit.history = {{HistoryKind::kEvent, "acme", "", FromMillis(at), commit.entry.substr(0, 20)}};
  commit.chunks = {{1, FromMillis(at), FromMillis(at + 999), 1, fmt::format("chunk {}", sequence)}};
  return commit;
}

class Disk {
 public:
  explicit Disk(uint64_t seed) : faults_(std::make_shared<FaultFileSystem>(seed)) {}

  FaultFileSystem& faults() { return *faults_; }
  std::string path() const { return dir_.path() + "/db"; }
  StatusOr<std::unique_ptr<Store>> Open() {
    return OpenStore({.dir = path(), .block_cache_bytes = 1 << 20, .write_buffer_bytes = 64 << 10},
                     faults_);
  }

 private:
  TempDir dir_;
  std::shared_ptr<FaultFileSystem> faults_;
};

using Sequences = std::array<uint64_t, kUsed>;

// From which sequence on the journal was to be kept.
struct Drops {
  Sequences asked{1, 1, 1};
  Sequences sure{1, 1, 1};  // with a good answer
};

// That the store holds exactly the first `last` commits of each partition, but for dropped journal.
void ExpectHolds(const Store& store, const Sequences& last, const Drops& drops) {
  for (uint32_t partition = 0; partition < kUsed; ++partition) {
    SCOPED_TRACE(fmt::format("partition {}", partition));
    uint64_t count = last[partition];
    ASSERT_EQ(*store.LastSequence(partition), count);
    // From where the drops left it: a drop whose answer was lost may have been carried out or not.
    uint64_t next = 0;
    Status read = store.ReadJournal(partition, 1, [&](const Store::JournalItem& item) {
      if (next == 0) {
        EXPECT_GE(item.sequence, drops.sure[partition]);
        EXPECT_LE(item.sequence, drops.asked[partition]);
        next = item.sequence;
      }
      EXPECT_EQ(item.sequence, next++);
      EXPECT_EQ(item.entry, EntryOf(partition, item.sequence));
      EXPECT_EQ(item.samples.size(), 1u);
      return OkStatus();
    });
    ASSERT_TRUE(read.ok()) << read.ToString();
    ASSERT_TRUE(next == count + 1 || (next == 0 && drops.asked[partition] > count)) << next;

    auto state = store.GetState(partition, StateKind::kPartition, "");
    ASSERT_EQ(state.ok() ? *state : "0", fmt::format("{}", count));
    std::vector<std::string> alerts;
    ASSERT_TRUE(store
                    .ReadState(partition, StateKind::kAlert,
                               [&](std::string_view id, std::string_view) {
                                 alerts.emplace_back(id);
                                 return OkStatus();
                               })
                    .ok());
    ASSERT_EQ(alerts, count == 0 ? std::vector<std::string>()
                                 : std::vector<std::string>{fmt::format("{:08}", count)});
    auto rows = store.ReadHistory(partition, "acme", Timestamp::min(), Timestamp::max(), 1'000'000);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ASSERT_EQ(rows->size(), count);
    auto chunks = store.ReadChunks(partition, 1, Timestamp::min(), Timestamp::max());
    ASSERT_TRUE(chunks.ok()) << chunks.status().ToString();
    ASSERT_EQ(chunks->size(), count);
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ((*rows)[i].record, EntryOf(partition, i + 1).substr(0, 20));
      ASSERT_EQ((*chunks)[i].bytes, fmt::format("chunk {}", i + 1));
    }
  }
}

enum class Fault { kError, kFull, kPower };

// What an operator is told, whichever call it was.
void ExpectHelps(const Status& status, Fault fault, const std::string& path) {
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_THAT(status.message(), HasSubstr("start again"));
  if (fault == Fault::kFull) {
    EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr("the disk that holds " + path + " is full"));
  } else {
    EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
  }
}

struct Tally {
  std::atomic<int> failed_opens = 0;
  std::atomic<int> failed_commits = 0;
  std::atomic<int> kept_unacknowledged = 0;
  std::atomic<int> lost_unacknowledged = 0;
};

// One seed: several lives. `strikes` says after how many operations a fault comes, at most.
void Live(uint64_t seed, Fault fault, Tally& tally) {
  std::mt19937_64 random(seed);
  Disk disk(seed);
  Sequences acknowledged{};
  Drops drops;
  for (int life = 0; life < 5; ++life) {
    SCOPED_TRACE(fmt::format("seed {} life {}", seed, life));
    uint64_t n = 1 + random() % (life == 0 ? 200 : 120);
    switch (fault) {
      case Fault::kError: disk.faults().FailAt(n); break;
      case Fault::kFull: disk.faults().LimitBytes(random() % 300'000); break;
      case Fault::kPower: disk.faults().LosePowerAt(n); break;
    }
    Sequences attempted = acknowledged;
    {
      auto store = disk.Open();
      bool open = store.ok() && !disk.faults().is_dark();
      if (!open) {
        ++tally.failed_opens;
        if (!disk.faults().is_dark()) ExpectHelps(store.status(), fault, disk.path());
      }
      for (int i = 0; open && i < 200; ++i) {
        std::vector<Commit> commits;
        Sequences next = acknowledged;
        for (uint64_t count = 1 + random() % 4; count > 0; --count) {
          uint32_t partition = random() % kUsed;
          commits.push_back(MakeCommit(partition, ++next[partition]));
        }
        Status status = (*store)->Commit(commits);
        bool heard = !disk.faults().is_dark();
        if (!heard || !status.ok()) {
          ++tally.failed_commits;
          attempted = next;
          if (!heard) break;
          ExpectHelps(status, fault, disk.path());
          EXPECT_FALSE((*store)->Commit(commits).ok()) << "nothing more is taken after a failure";
          break;
        }
        acknowledged = attempted = next;
        if (random() % 10 == 0) {
          Store::Retention retention;
          retention.chunks_before = retention.history_before = FromMillis(-86'400'000);
          retention.journal_kept_from.assign(kPartitions + 1, 1);
          for (uint32_t p = 0; p < kUsed; ++p) {
            drops.asked[p] = std::max(drops.asked[p], random() % (acknowledged[p] + 2));
            retention.journal_kept_from[p] = drops.asked[p];
          }
          bool dropped = (*store)->Drop(retention).ok();
          if (disk.faults().is_dark()) break;
          if (dropped) drops.sure = drops.asked;
        }
      }
      // Without power no process ends in good order; with a broken disk it may also be killed later
      // on.
      if (fault == Fault::kPower || random() % 2 == 0) disk.faults().LosePower();
    }
    disk.faults().Heal();
    auto store = disk.Open();
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    Sequences found{};
    for (uint32_t p = 0; p < kUsed; ++p) found[p] = *(*store)->LastSequence(p);
    ASSERT_TRUE(found == acknowledged || found == attempted) << "lost, or half of a call";
    if (attempted != acknowledged) {
      ++(found == attempted ? tally.kept_unacknowledged : tally.lost_unacknowledged);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectHolds(**store, found, drops));
    acknowledged = found;
  }
}

// RocksDB sleeps a second on a thread of its pool after each failed flush, so the seeds wait side
// by side, and the pool is large enough for them.
void LiveAll(uint64_t first_seed, uint64_t count, Fault fault, Tally& tally) {
  rocksdb::Env::Default()->SetBackgroundThreads(12, rocksdb::Env::HIGH);
  rocksdb::Env::Default()->SetBackgroundThreads(12, rocksdb::Env::LOW);
  std::vector<std::thread> threads;
  std::atomic<uint64_t> next = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (uint64_t n = next++; n < count && !::testing::Test::HasFailure(); n = next++) {
        Live(first_seed + n, fault, tally);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(StoreOnABadDisk, LosesNothingAcknowledgedToInputOutputErrors) {
  Tally tally;
  LiveAll(0, 12, Fault::kError, tally);
  EXPECT_GT(tally.failed_opens, 2);
  EXPECT_GT(tally.failed_commits, 20);
}

TEST(StoreOnABadDisk, LosesNothingAcknowledgedToAFullDisk) {
  Tally tally;
  LiveAll(100, 12, Fault::kFull, tally);
  EXPECT_GT(tally.failed_commits, 20);
}

TEST(StoreOnABadDisk, LosesNothingAcknowledgedToALossOfPower) {
  Tally tally;
  LiveAll(200, 20, Fault::kPower, tally);
  EXPECT_GT(tally.failed_opens, 5);
  EXPECT_GT(tally.failed_commits, 20);
  EXPECT_GT(tally.lost_unacknowledged, 5) << "the disk must forget what was not synced";
}

}  // namespace
}  // namespace forewarn
