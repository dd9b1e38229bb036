#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "model/ids.h"
#include "store/kept_days.h"
#include "store/rocks_database.h"
#include "store/rocks_reclaim.h"
#include "store/rocks_remains.h"

namespace forewarn {

// RocksEarlyDrop drops of a day what is over for some customers and not yet for all: rolls up the
// chunks of their series, and deletes those, rollups and history. Part of RocksRetention, one of whose
// calls at a time uses it, but for raw_from(), which is anybody's.
//
// Chunks go in the write that their rollups are added in, series by series; so no sample is counted
// twice and none is lost, whenever the process dies. Before the first of a day goes, a mark of the
// partition says that this is how its days are rolled up: MetaKind::kRawFromOfSome.
class RocksEarlyDrop {
 public:
  // Loans that outlive it. `writing` is held by each write of commits.
  RocksEarlyDrop(const RocksDatabase& database, std::mutex& writing, RocksReclaim& reclaim)
      : database_(database), writing_(writing), reclaim_(reclaim) {}

  // Call once, first.
  Status Load();
  // The days before may have rollups of what is in chunks no more.
  Timestamp raw_from(uint32_t partition) const { return partitions_[partition].raw_from.load(); }

  // What is about to be committed, with `writing` held: it may be for days that are done.
  void Note(std::span<const Commit> commits);
  // Rollups of that day were put by somebody else. Without `writing` held.
  void NoteRollups(uint32_t partition, int64_t day);

  // Drops what is over for some. `kept` is by partition, and counts. The days before `of_all` are
  // the business of RocksRetention, which rolled up those before `raw_from_of_all`. False when `stop`
  // ended it early.
  StatusOr<bool> Drop(std::vector<KeptDays>& kept, const FirstDays& of_all,
                      Timestamp raw_from_of_all, const std::function<bool()>& stop,
                      DropDamage& damage);

 private:
  // A series and which of the owners it belongs to.
  struct Owned {
    SeriesId id;
    uint32_t owner;
  };
  struct Partition {
    std::atomic<Timestamp> raw_from = Timestamp::min();
    std::array<DaysLookedAt, kAllKept.size()> looked_at;
    // Guarded by writing_. Days for which something came that an earlier call has no part in; only
    // those before `noted_before` are noted.
    std::array<std::set<int64_t>, kAllKept.size()> came_late;
    std::array<int64_t, kAllKept.size()> noted_before{};
  };
  // One call of Drop(), in one partition.
  struct Pass;
  // What goes in one write, and how much that is of whom.
  struct Batch;

  void NoteDay(uint32_t partition, Kept kind, int64_t day);
  StatusOr<bool> DropKind(Pass& pass, Kept kind);
  StatusOr<bool> DropDays(Pass& pass, Kept kind, DaysLookedAt::Range days);
  StatusOr<bool> DropChunks(Pass& pass, int64_t day);
  StatusOr<bool> DropRollups(Pass& pass, int64_t day);
  StatusOr<bool> DropHistory(Pass& pass, int64_t day);
  StatusOr<std::optional<int64_t>> NextDay(rocksdb::Iterator& it, int64_t day) const;
  Status ReadSeries(Pass& pass) const;
  Status Mark(Pass& pass);
  Status Write(Pass& pass, Batch& batch, bool sync) const;

  const RocksDatabase& database_;
  std::mutex& writing_;
  RocksReclaim& reclaim_;
  std::array<Partition, kPartitions + 1> partitions_;
};

}  // namespace forewarn
