#include "store/rocks_retention.h"

#include <rocksdb/write_batch.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/commit_check.h"
#include "store/format.h"

namespace forewarn {
namespace {

constexpr size_t kBatchBytes = 4 << 20;

}  // namespace

Status RocksRetention::Load() {
  FW_ASSIGN_OR_RETURN(uint64_t number, database_.Number(MetaKind::kRawFrom, 0));
  raw_from_ = TimeOfMeta(number);
  return early_.Load();
}

Status RocksRetention::Drop(const Store::Retention& retention) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return OkStatus();  // another call works at it
  std::vector<KeptDays> kept = KeptDays::Of(retention);
  DropDamage damage;
  StatusOr<bool> whole = DropDays(retention, kept, damage);
  Store::Retention::Dropped others;
  for (const KeptDays& of : kept) {
    for (const KeptDays::Owner& owner : of.owners()) {
      if (owner.customer.empty()) {
        others.Add(owner.dropped);
      } else if (retention.told && owner.dropped.any()) {
        retention.told(owner.customer, owner.dropped);
      }
    }
  }
  if (retention.told && others.any()) retention.told("", others);
  return whole.ok() ? damage.Outcome() : whole.status();
}

StatusOr<bool> RocksRetention::DropDays(const Store::Retention& retention,
                                        std::vector<KeptDays>& kept, DropDamage& damage) {
  const FirstDays of_all = KeptDays::OfAll(retention);
  const std::function<bool()>& stop = retention.stop;
  auto first_of_all = [&](Kept kind) { return of_all[static_cast<size_t>(kind)]; };
  FW_RETURN_IF_ERROR(database_.DropRange(kHistory, "", EncodeDay(first_of_all(Kept::kHistory))));
  FW_RETURN_IF_ERROR(database_.DropRange(kRollups, "", EncodeDay(first_of_all(Kept::kRollups))));
  for (;;) {
    FW_ASSIGN_OR_RETURN(std::optional<int64_t> day, FirstDay(damage));
    if (!day || *day >= first_of_all(Kept::kChunks)) break;
    reclaim_.AddDaysBefore(kChunks, *day + 1);
    StatusOr<bool> whole = DropDay(*day, stop, damage);
    std::unique_lock writing(writing_);
    dropping_.reset();
    if (!whole.ok() || !*whole) return whole;
  }
  // What of it lies in tables with what is kept. The first time anything may be left to do, by an
  // earlier process, of all days that are over for anybody.
  for (auto [kind, which] : {std::pair(Kept::kChunks, kChunks), std::pair(Kept::kRollups, kRollups),
                             std::pair(Kept::kHistory, kHistory)}) {
    int64_t& reclaimed = reclaimed_[static_cast<size_t>(kind)];
    int64_t until = first_of_all(kind);
    if (reclaimed == kNever) {
      for (const KeptDays& of : kept) until = std::max(until, of.Latest(kind));
    }
    if (until <= std::max(reclaimed, StoredDayOf(Timestamp::min()))) continue;
    reclaim_.AddDaysBefore(which, until);
    reclaimed = first_of_all(kind);
  }
  FW_ASSIGN_OR_RETURN(bool whole, early_.Drop(kept, of_all, raw_from_.load(), stop, damage));
  if (!whole) return false;
  return reclaim_.Run(stop, retention.ended);
}

// The first day that has chunks. Keys that tell no day are dropped.
StatusOr<std::optional<int64_t>> RocksRetention::FirstDay(DropDamage& damage) const {
  std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(kChunks);
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
  early_.Note(commits);
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
// such chunks go in the same write as their rollups; likewise in partitions where the day was dropped
// for some before. So no sample counts twice.
StatusOr<bool> RocksRetention::DropDay(int64_t day, const std::function<bool()>& stop,
                                       DropDamage& damage) {
  const std::string end = EncodeDay(day + 1);
  const Timestamp day_end = Timestamp(std::chrono::days(day + 1));
  const bool late = raw_from_.load() >= day_end;
  rocksdb::WriteBatch batch;
  DayRemains remains;
  std::optional<ChunkKey> current;
  bool merge = late;  // the current one
  std::unique_ptr<rocksdb::Iterator> it;
  {
    std::unique_lock writing(writing_);
    if (!late) dropping_ = day;
    spared_.clear();
    it = database_.IterateOnce(kChunks);
  }
  for (it->Seek(EncodeDay(day)); it->Valid() && ToView(it->key()) < end; it->Next()) {
    std::optional<ChunkKey> key = DecodeChunkKey(ToView(it->key()));
    if (!key) {
      damage.Add("a chunk", DataLoss("key cut short or damaged"));
      if (late) FW_CHECK(batch.Delete(database_.family(kChunks), it->key()).ok());
      continue;
    }
    if (!current || key->partition != current->partition || key->id != current->id) {
      FW_RETURN_IF_ERROR(remains.Put(database_, merge, batch, damage));
      if (!current || key->partition != current->partition) early_.NoteRollups(key->partition, day);
      if (batch.GetDataSize() >= kBatchBytes) {
        FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write({}, &batch)));
        batch.Clear();
      }
      if (current && stop != nullptr && stop()) return false;
      current = key;
      merge = late || early_.raw_from(key->partition) >= day_end;
    }
    remains.Take(*key, ToView(it->value()), damage);
    if (merge) FW_CHECK(batch.Delete(database_.family(kChunks), it->key()).ok());
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  FW_RETURN_IF_ERROR(remains.Put(database_, merge, batch, damage));
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
