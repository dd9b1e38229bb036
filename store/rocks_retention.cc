#include "store/rocks_retention.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/units.h"
#include "store/chunk.h"
#include "store/commit_check.h"
#include "store/format.h"
#include "store/rollup.h"

namespace forewarn {
namespace {

constexpr size_t kBatchBytes = 4 << 20;

// For a day that is read once and then goes.
std::unique_ptr<rocksdb::Iterator> IterateOnce(const RocksDatabase& database, Family which) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(
      database.db().NewIterator(options, database.family(which)));
}

}  // namespace

// What one series leaves of one day: little, however many samples there were.
struct RocksRetention::Remains {
  ChunkKey of;  // one of its chunks
  std::array<std::vector<Rollup>, kRollupStretches.size()> rollups;

  bool empty() const { return rollups[0].empty(); }
  // The samples of one chunk.
  void Add(std::span<const Sample> samples) {
    for (size_t i = 0; i < kRollupStretches.size(); ++i) {
      Merge(RollUp(samples, kRollupStretches[i]), kRollupStretches[i], rollups[i]);
    }
  }
};

// What could not be read, so that it went without leaving anything.
struct RocksRetention::Damage {
  uint64_t records = 0;
  std::string first;

  void Add(std::string_view what, const Status& why) {
    if (records++ == 0) first = fmt::format("{}: {}", what, why.message());
  }
  Status Outcome() const {
    if (records == 0) return OkStatus();
    return DataLoss(fmt::format(
        "{} records that were dropped could not be read and are in no rollup; the first was {}",
        records, first));
  }
};

// Puts the rollups of one series and day. With `late`, to those that are there already: its chunks
// came after the day was dropped.
Status RocksRetention::Put(Remains& remains, bool late, rocksdb::WriteBatch& batch,
                           Damage& damage) const {
  const ChunkKey& of = remains.of;
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    std::string key = EncodeKey(RollupKey{of.day, static_cast<uint8_t>(i), of.partition, of.id});
    std::string before;
    rocksdb::Status got = rocksdb::Status::NotFound();
    if (late) got = database_.db().Get({}, database_.family(kRollups), key, &before);
    if (!got.ok() && !got.IsNotFound()) return database_.Outcome(got);
    std::vector<Rollup>& rollups = remains.rollups[i];
    if (got.ok()) {
      std::vector<Rollup> earlier;
      Status read = DecodeRollups(before, earlier);
      if (read.ok()) {
        Merge(rollups, kRollupStretches[i], earlier);
        rollups = std::move(earlier);
      } else {
        damage.Add(fmt::format("the rollups of series {} of partition {} from {}", of.id,
                               of.partition, FormatTime(Timestamp(std::chrono::days(of.day)))),
                   read);
      }
    }
    FW_CHECK(batch.Put(database_.family(kRollups), key, EncodeRollups(rollups)).ok());
  }
  return OkStatus();
}

Status RocksRetention::Load() {
  FW_ASSIGN_OR_RETURN(uint64_t number, database_.Number(MetaKind::kRawFrom, 0));
  raw_from_ = TimeOfMeta(number);
  return OkStatus();
}

Status RocksRetention::Drop(const Store::Retention& retention) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return OkStatus();  // another call works at it
  FW_RETURN_IF_ERROR(
      database_.DropRange(kHistory, "", EncodeDay(StoredDayOf(retention.history_before))));
  FW_RETURN_IF_ERROR(
      database_.DropRange(kRollups, "", EncodeDay(StoredDayOf(retention.rollups_before))));
  Damage damage;
  for (;;) {
    FW_ASSIGN_OR_RETURN(std::optional<int64_t> day, FirstDay(damage));
    if (!day || *day >= StoredDayOf(retention.chunks_before)) return damage.Outcome();
    StatusOr<bool> whole = DropDay(*day, retention.stop, damage);
    std::unique_lock writing(writing_);
    dropping_.reset();
    if (!whole.ok()) return whole.status();
    if (!*whole) return damage.Outcome();
  }
}

// The first day that has chunks. Keys that tell no day are dropped.
StatusOr<std::optional<int64_t>> RocksRetention::FirstDay(Damage& damage) const {
  std::unique_ptr<rocksdb::Iterator> it = IterateOnce(database_, kChunks);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (std::optional<int64_t> day = DecodeDay(ToView(it->key()))) return day;
    damage.Add("a chunk", DataLoss("key cut short or damaged"));
    FW_RETURN_IF_ERROR(
        database_.Outcome(database_.db().Delete({}, database_.family(kChunks), it->key())));
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  return std::optional<int64_t>();
}

RocksRetention::WritingLock RocksRetention::Spare(std::span<const Commit> commits) {
  std::unique_lock writing(writing_);
  if (!dropping_) return writing;
  for (const Commit& commit : commits) {
    if (commit.empty) continue;
    for (const SealedChunk& chunk : commit.chunks) {
      ChunkKey key{StoredDayOf(chunk.first), commit.partition, chunk.id, chunk.first};
      if (key.day == *dropping_) spared_.push_back(EncodeKey(key));
    }
  }
  return writing;
}

// The rollups of a day replace what an attempt left that was cut short; its chunks go in the write
// that says that it is done. Those of chunks that come later, for a day that is done, are added, and
// such chunks go in the same write as their rollups. So no sample counts twice.
StatusOr<bool> RocksRetention::DropDay(int64_t day, const std::function<bool()>& stop,
                                       Damage& damage) {
  const std::string end = EncodeDay(day + 1);
  const bool late = raw_from_.load() >= Timestamp(std::chrono::days(day + 1));
  rocksdb::WriteBatch batch;
  Remains remains;
  std::vector<Sample> samples;
  std::unique_ptr<rocksdb::Iterator> it;
  {
    std::unique_lock writing(writing_);
    if (!late) dropping_ = day;
    spared_.clear();
    it = IterateOnce(database_, kChunks);
  }
  for (it->Seek(EncodeDay(day)); it->Valid() && ToView(it->key()) < end; it->Next()) {
    std::optional<ChunkKey> key = DecodeChunkKey(ToView(it->key()));
    const ChunkKey& of = remains.of;
    if (key && !remains.empty() && (key->partition != of.partition || key->id != of.id)) {
      FW_RETURN_IF_ERROR(Put(remains, late, batch, damage));
      remains = {};
      if (batch.GetDataSize() >= kBatchBytes) {
        FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write({}, &batch)));
        batch.Clear();
      }
      if (stop != nullptr && stop()) return false;
    }
    samples.clear();
    Status read = DataLoss("key cut short or damaged");
    if (key) {
      remains.of = *key;
      StatusOr<SealedChunk> chunk = DecodeSealed(*key, ToView(it->value()));
      read = chunk.ok() ? DecodeChunk(chunk->bytes, samples) : chunk.status();
    }
    if (read.ok()) {
      remains.Add(samples);
    } else {
      damage.Add(key ? fmt::format("a chunk of series {} of partition {} from {}", key->id,
                                   key->partition, FormatTime(key->first))
                     : "a chunk",
                 read);
    }
    if (late) FW_CHECK(batch.Delete(database_.family(kChunks), it->key()).ok());
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  if (!remains.empty()) FW_RETURN_IF_ERROR(Put(remains, late, batch, damage));
  it.reset();
  rocksdb::WriteOptions options;
  options.sync = late;  // else EndDay() syncs it
  FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write(options, &batch)));
  if (!late) FW_RETURN_IF_ERROR(EndDay(day));
  return true;
}

Status RocksRetention::EndDay(int64_t day) {
  const std::string begin = EncodeDay(day), end = EncodeDay(day + 1);
  const Timestamp day_end = Timestamp(std::chrono::days(day + 1));
  std::unique_lock writing(writing_);
  rocksdb::WriteBatch batch;
  FW_CHECK(batch
               .Put(database_.family(kMeta), EncodeMetaKey(MetaKind::kRawFrom, 0),
                    EncodeMeta(MetaOfTime(day_end)))
               .ok());
  FW_CHECK(batch.DeleteRange(database_.family(kChunks), begin, end).ok());
  for (const std::string& key : spared_) {
    std::string chunk;
    rocksdb::Status got = database_.db().Get({}, database_.family(kChunks), key, &chunk);
    if (got.IsNotFound()) continue;  // its commit failed
    if (!got.ok()) return database_.Outcome(got);
    FW_CHECK(batch.Put(database_.family(kChunks), key, chunk).ok());
  }
  // Before the chunks go, so that whoever misses them looks for the rollups, which are there; a
  // reader who sees both takes each time once.
  const Timestamp before = raw_from_.exchange(day_end);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (Status written = database_.Outcome(database_.db().Write(synced, &batch)); !written.ok()) {
    raw_from_ = before;
    return written;
  }
  // Whole files would take with them what was spared.
  return spared_.empty() ? database_.DropFiles(kChunks, begin, end) : OkStatus();
}

}  // namespace forewarn
