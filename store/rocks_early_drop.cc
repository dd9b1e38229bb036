#include "store/rocks_early_drop.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "base/check.h"
#include "store/commit_check.h"
#include "store/format.h"
#include "store/rocks_reader.h"
#include "store/rollup.h"

namespace forewarn {
namespace {

constexpr size_t kBatchBytes = 4 << 20;

constexpr Family FamilyOf(Kept kind) {
  return kind == Kept::kChunks ? kChunks : kind == Kept::kRollups ? kRollups : kHistory;
}

Timestamp BeginOf(int64_t day) { return Timestamp(std::chrono::days(day)); }

// What the keys of a partition's rollups of one day and stretch begin with.
std::string RollupsBegin(int64_t day, size_t stretch, uint32_t partition) {
  std::string key = EncodeKey(RollupKey{day, static_cast<uint8_t>(stretch), partition, 0});
  return key.substr(0, key.size() - sizeof(SeriesId));
}

// What all keys of a kind, a day and a partition begin with: one of these.
std::vector<std::string> BeginsOf(Kept kind, int64_t day, uint32_t partition) {
  if (kind != Kept::kRollups) return {EncodeDayOf(day, partition)};
  std::vector<std::string> begins;
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    begins.push_back(RollupsBegin(day, i, partition));
  }
  return begins;
}

}  // namespace

struct RocksEarlyDrop::Pass {
  uint32_t partition;
  KeptDays& kept;
  const FirstDays& of_all;
  Timestamp raw_from_of_all;
  const std::function<bool()>& stop;
  DropDamage& damage;
  std::optional<std::vector<Owned>> series = {};  // by id

  bool Stopped() const { return stop != nullptr && stop(); }
  bool IsOver(uint32_t owner, Kept kind, int64_t day) const {
    return day < kept.owners()[owner].FirstOf(kind);
  }
  // Steps `at` on to the first series from `id` on of whose owner the day is over; null: there is none.
  const Owned* NextOver(size_t& at, SeriesId id, Kept kind, int64_t day) const {
    while (at < series->size() &&
           ((*series)[at].id < id || !IsOver((*series)[at].owner, kind, day))) {
      ++at;
    }
    return at == series->size() ? nullptr : &(*series)[at];
  }
};

struct RocksEarlyDrop::Batch {
  rocksdb::WriteBatch writes;
  std::map<uint32_t, Store::Retention::Dropped> dropped;  // by owner
};

Status RocksEarlyDrop::Load() {
  for (uint32_t partition = 0; partition < partitions_.size(); ++partition) {
    FW_ASSIGN_OR_RETURN(uint64_t number, database_.Number(MetaKind::kRawFromOfSome, partition));
    partitions_[partition].raw_from = TimeOfMeta(number);
  }
  return OkStatus();
}

void RocksEarlyDrop::NoteDay(uint32_t partition, Kept kind, int64_t day) {
  Partition& of = partitions_[partition];
  const auto i = static_cast<size_t>(kind);
  if (day < of.noted_before[i]) of.came_late[i].insert(day);
}

void RocksEarlyDrop::Note(std::span<const Commit> commits) {
  for (const Commit& commit : commits) {
    if (commit.empty) continue;
    for (const SealedChunk& chunk : commit.chunks) {
      NoteDay(commit.partition, Kept::kChunks, StoredDayOf(chunk.first));
    }
    for (const HistoryRow& row : commit.history) {
      NoteDay(commit.partition, Kept::kHistory, StoredDayOf(row.at));
    }
  }
}

void RocksEarlyDrop::NoteRollups(uint32_t partition, int64_t day) {
  std::lock_guard writing(writing_);
  NoteDay(partition, Kept::kRollups, day);
}

StatusOr<bool> RocksEarlyDrop::Drop(std::vector<KeptDays>& kept, const FirstDays& of_all,
                                    Timestamp raw_from_of_all, const std::function<bool()>& stop,
                                    DropDamage& damage) {
  FW_CHECK(kept.size() == partitions_.size());
  for (uint32_t partition = 0; partition < partitions_.size(); ++partition) {
    Pass pass{partition, kept[partition], of_all, raw_from_of_all, stop, damage};
    for (Kept kind : kAllKept) {
      FW_ASSIGN_OR_RETURN(bool whole, DropKind(pass, kind));
      if (!whole) return false;
    }
  }
  return true;
}

StatusOr<bool> RocksEarlyDrop::DropKind(Pass& pass, Kept kind) {
  const auto i = static_cast<size_t>(kind);
  const int64_t from = pass.of_all[i], latest = pass.kept.Latest(kind);
  if (latest <= from) return true;
  Partition& of = partitions_[pass.partition];
  std::set<int64_t> late;
  {
    std::lock_guard writing(writing_);
    late.swap(of.came_late[i]);
    of.noted_before[i] = std::max(of.noted_before[i], latest);
  }
  std::set<DaysLookedAt::Range> due = of.looked_at[i].Due(pass.kept, kind, from);
  for (int64_t day : late) {
    if (day >= from) due.emplace(day, day + 1);
  }
  for (const DaysLookedAt::Range& days : due) {
    StatusOr<bool> whole = DropDays(pass, kind, days);
    if (whole.ok() && *whole) continue;
    std::lock_guard writing(writing_);
    of.came_late[i].merge(late);
    return whole;
  }
  of.looked_at[i].Done(pass.kept, kind);
  return true;
}

// The first day from `day` on that has any key. Keys that tell no day are passed over.
StatusOr<std::optional<int64_t>> RocksEarlyDrop::NextDay(rocksdb::Iterator& it, int64_t day) const {
  for (it.Seek(EncodeDay(day)); it.Valid(); it.Next()) {
    if (std::optional<int64_t> found = DecodeDay(ToView(it.key()))) return found;
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it.status()));
  return std::optional<int64_t>();
}

// Steps from one day that has anything to the next.
StatusOr<bool> RocksEarlyDrop::DropDays(Pass& pass, Kept kind, DaysLookedAt::Range days) {
  for (int64_t day = days.first; day < days.second; ++day) {
    std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(FamilyOf(kind));
    FW_ASSIGN_OR_RETURN(std::optional<int64_t> found, NextDay(*it, day));
    if (!found || *found >= days.second) return true;
    day = *found;
    bool has_any = false;
    for (const std::string& begin : BeginsOf(kind, day, pass.partition)) {
      it->Seek(begin);
      FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
      has_any = has_any || (it->Valid() && it->key().starts_with(begin));
    }
    it.reset();
    if (!has_any) continue;
    if (pass.Stopped()) return false;
    if (kind != Kept::kHistory && !pass.series) FW_RETURN_IF_ERROR(ReadSeries(pass));
    StatusOr<bool> whole = kind == Kept::kChunks    ? DropChunks(pass, day)
                           : kind == Kept::kRollups ? DropRollups(pass, day)
                                                    : DropHistory(pass, day);
    if (!whole.ok() || !*whole) return whole;
  }
  return true;
}

Status RocksEarlyDrop::ReadSeries(Pass& pass) const {
  std::vector<Owned>& all = pass.series.emplace();
  return RocksReader(database_).ReadSeries(pass.partition, [&](const NewSeries& series) {
    const size_t owner = pass.kept.Find(series.labels.Get("customer"));
    all.push_back({series.id, static_cast<uint32_t>(owner)});
    return OkStatus();
  });
}

// From here on chunks of these days go with the write that their rollups are added in. Until now
// nothing but an attempt to drop such a day for all, which was cut short, can have left rollups of
// it; its chunks are there.
Status RocksEarlyDrop::Mark(Pass& pass) {
  Partition& of = partitions_[pass.partition];
  const int64_t latest = pass.kept.Latest(Kept::kChunks);
  if (of.raw_from.load() >= BeginOf(latest)) return OkStatus();
  Batch batch;
  std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(kRollups);
  int64_t day = StoredDayOf(std::max(of.raw_from.load(), pass.raw_from_of_all));
  for (;; ++day) {
    FW_ASSIGN_OR_RETURN(std::optional<int64_t> found, NextDay(*it, day));
    if (!found || *found >= latest) break;
    day = *found;
    for (size_t i = 0; i < kRollupStretches.size(); ++i) {
      const std::string begin = RollupsBegin(day, i, pass.partition);
      it->Seek(begin);
      if (!it->Valid() || !it->key().starts_with(begin)) continue;
      FW_CHECK(batch.writes
                   .DeleteRange(database_.family(kRollups), begin,
                                RollupsBegin(day, i, pass.partition + 1))
                   .ok());
      reclaim_.Add(kRollups, day, pass.partition);
    }
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  FW_CHECK(batch.writes
               .Put(database_.family(kMeta),
                    EncodeMetaKey(MetaKind::kRawFromOfSome, pass.partition),
                    EncodeMeta(MetaOfTime(BeginOf(latest))))
               .ok());
  FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/true));
  // Before any chunk goes, so that whoever misses it looks for its rollups.
  of.raw_from = BeginOf(latest);
  return OkStatus();
}

StatusOr<bool> RocksEarlyDrop::DropChunks(Pass& pass, int64_t day) {
  FW_RETURN_IF_ERROR(Mark(pass));
  Batch batch;
  DayRemains remains;
  const Owned* current = nullptr;
  // The series is complete; `batch` then holds nothing half done.
  auto finish = [&]() -> Status {
    if (current == nullptr) return OkStatus();
    if (!pass.IsOver(current->owner, Kept::kRollups, day)) {
      return remains.Put(database_, /*merge=*/true, batch.writes, pass.damage);
    }
    remains.Clear();
    return OkStatus();
  };
  const std::string end = EncodeDayOf(day, pass.partition + 1);
  std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(kChunks);
  size_t at = 0;
  for (it->Seek(EncodeDayOf(day, pass.partition)); it->Valid() && ToView(it->key()) < end;) {
    std::optional<ChunkKey> key = DecodeChunkKey(ToView(it->key()));
    if (!key) {  // nobody's whom we know of
      it->Next();
      continue;
    }
    const Owned* over = pass.NextOver(at, key->id, Kept::kChunks, day);
    if (over == nullptr) break;
    if (over->id != key->id) {
      it->Seek(EncodeKey(ChunkKey{day, pass.partition, over->id, Timestamp::min()}));
      continue;
    }
    if (current != over) {
      FW_RETURN_IF_ERROR(finish());
      current = over;
      const bool stopped = pass.Stopped();
      if (stopped || batch.writes.GetDataSize() >= kBatchBytes)
        FW_RETURN_IF_ERROR(Write(pass, batch, stopped));
      if (stopped) return false;
    }
    remains.Take(*key, ToView(it->value()), pass.damage);
    FW_CHECK(batch.writes.Delete(database_.family(kChunks), it->key()).ok());
    reclaim_.Add(kChunks, day, pass.partition);
    ++batch.dropped[over->owner].chunks;
    it->Next();
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  FW_RETURN_IF_ERROR(finish());
  FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/true));
  return true;
}

StatusOr<bool> RocksEarlyDrop::DropRollups(Pass& pass, int64_t day) {
  Batch batch;
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    const std::string begin = RollupsBegin(day, i, pass.partition);
    std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(kRollups);
    size_t at = 0;
    for (it->Seek(begin); it->Valid() && it->key().starts_with(begin);) {
      std::optional<RollupKey> key = DecodeRollupKey(ToView(it->key()));
      if (!key) {
        it->Next();
        continue;
      }
      const Owned* over = pass.NextOver(at, key->id, Kept::kRollups, day);
      if (over == nullptr) break;
      if (over->id != key->id) {
        it->Seek(EncodeKey(RollupKey{day, key->stretch, pass.partition, over->id}));
        continue;
      }
      FW_CHECK(batch.writes.Delete(database_.family(kRollups), it->key()).ok());
      reclaim_.Add(kRollups, day, pass.partition);
      ++batch.dropped[over->owner].rollups;
      if (batch.writes.GetDataSize() >= kBatchBytes)
        FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/false));
      it->Next();
    }
    FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  }
  FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/true));
  return true;
}

StatusOr<bool> RocksEarlyDrop::DropHistory(Pass& pass, int64_t day) {
  Batch batch;
  const std::string begin = EncodeDayOf(day, pass.partition);
  std::unique_ptr<rocksdb::Iterator> it = database_.IterateOnce(kHistory);
  for (it->Seek(begin); it->Valid() && it->key().starts_with(begin);) {
    std::optional<HistoryKey> key = DecodeHistoryKey(ToView(it->key()));
    if (!key) {
      it->Next();
      continue;
    }
    const auto owner = static_cast<uint32_t>(pass.kept.Find(key->customer));
    if (!pass.IsOver(owner, Kept::kHistory, day)) {
      // On to the next customer.
      it->Seek(EncodeKey(HistoryKey{day, pass.partition, key->customer, Timestamp::max(),
                                    UINT64_MAX, UINT32_MAX}) +
               '\0');
      continue;
    }
    FW_CHECK(batch.writes.Delete(database_.family(kHistory), it->key()).ok());
    reclaim_.Add(kHistory, day, pass.partition);
    ++batch.dropped[owner].history;
    if (batch.writes.GetDataSize() >= kBatchBytes) {
      FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/false));
      if (pass.Stopped()) return false;
    }
    it->Next();
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  FW_RETURN_IF_ERROR(Write(pass, batch, /*sync=*/true));
  return true;
}

// All of `batch`, which is then empty. Only what is gone is counted.
Status RocksEarlyDrop::Write(Pass& pass, Batch& batch, bool sync) const {
  if (batch.writes.Count() == 0) return OkStatus();
  rocksdb::WriteOptions options;
  options.sync = sync;
  FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write(options, &batch.writes)));
  for (const auto& [owner, dropped] : batch.dropped) pass.kept.owner(owner).dropped.Add(dropped);
  batch.writes.Clear();
  batch.dropped.clear();
  return OkStatus();
}

}  // namespace forewarn
