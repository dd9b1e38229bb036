#include "store/rocks_remains.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/units.h"
#include "store/chunk.h"

namespace forewarn {

void DropDamage::Add(std::string_view what, const Status& why) {
  if (records_++ == 0) first_ = fmt::format("{}: {}", what, why.message());
}

Status DropDamage::Outcome() const {
  if (records_ == 0) return OkStatus();
  return DataLoss(fmt::format(
      "{} records that were dropped could not be read and are in no rollup; the first was {}",
      records_, first_));
}

void DayRemains::Take(const ChunkKey& key, std::string_view value, DropDamage& damage) {
  samples_.clear();
  StatusOr<SealedChunk> chunk = DecodeSealed(key, value);
  Status read = chunk.ok() ? DecodeChunk(chunk->bytes, samples_) : chunk.status();
  if (!read.ok()) {
    damage.Add(fmt::format("a chunk of series {} of partition {} from {}", key.id, key.partition,
                           FormatTime(key.first)),
               read);
    return;
  }
  of_ = key;
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    Merge(RollUp(samples_, kRollupStretches[i]), kRollupStretches[i], rollups_[i]);
  }
}

Status DayRemains::Put(const RocksDatabase& database, bool merge, rocksdb::WriteBatch& batch,
                       DropDamage& damage) {
  if (empty()) return OkStatus();
  for (size_t i = 0; i < kRollupStretches.size(); ++i) {
    std::string key = EncodeKey(RollupKey{of_.day, static_cast<uint8_t>(i), of_.partition, of_.id});
    std::string before;
    rocksdb::Status got = rocksdb::Status::NotFound();
    if (merge) got = database.db().Get({}, database.family(kRollups), key, &before);
    if (!got.ok() && !got.IsNotFound()) return database.Outcome(got);
    std::vector<Rollup>& rollups = rollups_[i];
    if (got.ok()) {
      std::vector<Rollup> earlier;
      Status read = DecodeRollups(before, earlier);
      if (read.ok()) {
        Merge(rollups, kRollupStretches[i], earlier);
        rollups = std::move(earlier);
      } else {
        damage.Add(fmt::format("the rollups of series {} of partition {} from {}", of_.id,
                               of_.partition, FormatTime(Timestamp(std::chrono::days(of_.day)))),
                   read);
      }
    }
    FW_CHECK(batch.Put(database.family(kRollups), key, EncodeRollups(rollups)).ok());
  }
  Clear();
  return OkStatus();
}

void DayRemains::Clear() {
  for (std::vector<Rollup>& rollups : rollups_) rollups.clear();
}

}  // namespace forewarn
