#include "store/rocks_retention.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/check.h"
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

// Puts the rollups of one series and day. With `late`, to those that are there already: its chunks
// came after the day was dropped.
Status PutRollups(const RocksDatabase& database, const ChunkKey& of, std::vector<Sample>& samples,
                  bool late, rocksdb::WriteBatch& batch) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.at < b.at; });
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    std::string key = EncodeKey(RollupKey{of.day, static_cast<uint8_t>(i), of.partition, of.id});
    std::vector<Rollup> rollups;
    std::string before;
    rocksdb::Status got = rocksdb::Status::NotFound();
    if (late) got = database.db().Get({}, database.family(kRollups), key, &before);
    if (!got.ok() && !got.IsNotFound()) return database.Outcome(got);
    if (got.ok()) {
      Status read = DecodeRollups(before, rollups);
      if (!read.ok()) return database.Damaged(read, "rollups");
    }
    Merge(RollUp(samples, kRollupStretches[i]), kRollupStretches[i], rollups);
    FW_CHECK(batch.Put(database.family(kRollups), key, EncodeRollups(rollups)).ok());
  }
  return OkStatus();
}

}  // namespace

Status RocksRetention::Load() {
  FW_ASSIGN_OR_RETURN(uint64_t number, database_.Number(MetaKind::kRawFrom, 0));
  raw_from_ = TimeOfMeta(number);
  return OkStatus();
}

Status RocksRetention::Drop(const Store::Retention& retention) {
  std::lock_guard lock(mutex_);
  FW_RETURN_IF_ERROR(
      database_.DropRange(kHistory, "", EncodeDay(StoredDayOf(retention.history_before))));
  FW_RETURN_IF_ERROR(
      database_.DropRange(kRollups, "", EncodeDay(StoredDayOf(retention.rollups_before))));
  for (;;) {
    std::unique_ptr<rocksdb::Iterator> it = IterateOnce(database_, kChunks);
    it->SeekToFirst();
    FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
    if (!it->Valid()) return OkStatus();
    std::optional<int64_t> day = DecodeDay(ToView(it->key()));
    if (!day) return database_.DamagedKey("chunks");
    if (*day >= StoredDayOf(retention.chunks_before)) return OkStatus();
    it.reset();
    StatusOr<bool> whole = DropDay(*day, retention.stop);
    std::unique_lock writing(writing_);
    dropping_.reset();
    if (!whole.ok()) return whole.status();
    if (!*whole) return OkStatus();
  }
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
StatusOr<bool> RocksRetention::DropDay(int64_t day, const std::function<bool()>& stop) {
  const std::string end = EncodeDay(day + 1);
  const bool late = raw_from_.load() >= Timestamp(std::chrono::days(day + 1));
  rocksdb::WriteBatch batch;
  ChunkKey of;
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
    if (!key) return database_.DamagedKey("chunks");
    if (!samples.empty() && (key->partition != of.partition || key->id != of.id)) {
      FW_RETURN_IF_ERROR(PutRollups(database_, of, samples, late, batch));
      samples.clear();
      if (batch.GetDataSize() >= kBatchBytes) {
        FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write({}, &batch)));
        batch.Clear();
      }
      if (stop != nullptr && stop()) return false;
    }
    of = *key;
    StatusOr<SealedChunk> chunk = DecodeSealed(*key, ToView(it->value()));
    // What is damaged was told to whoever read it; it goes as the others do, and leaves nothing.
    if (chunk.ok()) (void)DecodeChunk(chunk->bytes, samples);
    if (late) FW_CHECK(batch.Delete(database_.family(kChunks), it->key()).ok());
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  if (!samples.empty()) FW_RETURN_IF_ERROR(PutRollups(database_, of, samples, late, batch));
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
