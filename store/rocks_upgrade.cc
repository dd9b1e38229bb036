#include "store/rocks_upgrade.h"

#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>

#include "base/check.h"
#include "model/ids.h"
#include "store/format.h"

namespace forewarn {

Status Upgrade(const RocksDatabase& database,
               std::span<rocksdb::ColumnFamilyHandle* const> old_metas) {
  FW_CHECK(!old_metas.empty());
  rocksdb::WriteBatch batch;
  std::unique_ptr<rocksdb::Iterator> it(
      database.db().NewIterator(rocksdb::ReadOptions(), old_metas.front()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    FW_CHECK(batch.Put(database.family(kMeta), it->key(), it->value()).ok());
  }
  FW_RETURN_IF_ERROR(database.Outcome(it->status()));
  const bool tells_what_is_sealed = old_metas.front()->GetName() == "meta-3";
  it = database.Iterate(kChunks);
  it->SeekToLast();
  FW_RETURN_IF_ERROR(database.Outcome(it->status()));
  if (!tells_what_is_sealed && it->Valid()) {
    // No chunk crosses its day, so the last day's end bounds them all.
    std::optional<int64_t> day = DecodeDay(ToView(it->key()));
    if (!day) return database.DamagedKey("chunks");
    Timestamp until = Timestamp(std::chrono::days(*day + 1)) - 1ms;
    for (uint32_t partition = 0; partition <= kControlPartition; ++partition) {
      FW_CHECK(batch
                   .Put(database.family(kMeta), EncodeMetaKey(MetaKind::kSealedUntil, partition),
                        EncodeMeta(MetaOfTime(until)))
                   .ok());
    }
  }
  it.reset();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  FW_RETURN_IF_ERROR(database.Outcome(database.db().Write(synced, &batch)));
  // Otherwise the numbers would lie in a log that names the families which are about to go.
  FW_RETURN_IF_ERROR(
      database.Outcome(database.db().Flush(rocksdb::FlushOptions(), database.family(kMeta))));
  for (size_t i = old_metas.size(); i > 0; --i) {
    FW_RETURN_IF_ERROR(database.Outcome(database.db().DropColumnFamily(old_metas[i - 1])));
  }
  return OkStatus();
}

}  // namespace forewarn
