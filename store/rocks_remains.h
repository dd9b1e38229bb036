#pragma once

#include <rocksdb/write_batch.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/series_source.h"
#include "store/format.h"
#include "store/rocks_database.h"
#include "store/rollup.h"

namespace forewarn {

// What could not be read, so that it went without leaving anything.
class DropDamage {
 public:
  void Add(std::string_view what, const Status& why);
  // kDataLoss that says how much it was and what came first; fine when it was nothing.
  Status Outcome() const;

 private:
  uint64_t records_ = 0;
  std::string first_;
};

// What one series leaves of one day when its chunks go: rollups, little, however many samples there
// were. Not thread-safe.
class DayRemains {
 public:
  bool empty() const { return rollups_[0].empty(); }
  // Takes in a chunk as it is stored, of the same series and day as the ones before. What cannot be read is added to `damage`.
  void Take(const ChunkKey& key, std::string_view value, DropDamage& damage);
  // Puts the rollups, if any, into `batch`, and begins anew. With `merge`, to those that are there
  // already: then what was taken must go in the same write.
  Status Put(const RocksDatabase& database, bool merge, rocksdb::WriteBatch& batch,
             DropDamage& damage);
  void Clear();

 private:
  ChunkKey of_;  // one of its chunks
  std::array<std::vector<Rollup>, kRollupStretches.size()> rollups_;
  std::vector<Sample> samples_;  // of the last chunk
};

}  // namespace forewarn
