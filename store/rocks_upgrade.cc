#include "store/rocks_upgrade.h"

#include <rocksdb/write_batch.h>

#include <memory>

#include "base/check.h"

namespace forewarn {

Status UpgradeFromFormat1(const RocksDatabase& database, rocksdb::ColumnFamilyHandle* old_meta) {
  rocksdb::WriteBatch batch;
  std::unique_ptr<rocksdb::Iterator> it(
      database.db().NewIterator(rocksdb::ReadOptions(), old_meta));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    FW_CHECK(batch.Put(database.family(kMeta), it->key(), it->value()).ok());
  }
  FW_RETURN_IF_ERROR(database.Outcome(it->status()));
  it.reset();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  FW_RETURN_IF_ERROR(database.Outcome(database.db().Write(synced, &batch)));
  // Otherwise the numbers would lie in a log that names the family which is about to go.
  FW_RETURN_IF_ERROR(
      database.Outcome(database.db().Flush(rocksdb::FlushOptions(), database.family(kMeta))));
  return database.Outcome(database.db().DropColumnFamily(old_meta));
}

}  // namespace forewarn
