#include "store/rocks_figures.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <string>

namespace forewarn {
namespace {

// A number that RocksDB keeps for a family; 0 when it does not.
uint64_t Property(const RocksDatabase& database, Family family, const std::string& name) {
  std::string text;
  uint64_t number = 0;
  rocksdb::ColumnFamilyHandle* handle = database.family(family);
  if (database.db().GetIntProperty(handle, name, &number)) return number;
  // Those with a level in their name are texts only.
  if (database.db().GetProperty(handle, name, &text))
    return std::strtoull(text.c_str(), nullptr, 10);
  return 0;
}

}  // namespace

Store::Figures LookAt(const RocksDatabase& database) {
  Store::Figures figures;
  for (int i = 0; i < kFamilyCount; ++i) {
    auto family = static_cast<Family>(i);
    for (size_t level = 0; level < Store::Figures::kLevels; ++level) {
      figures.level_files[level] +=
          Property(database, family, fmt::format("rocksdb.num-files-at-level{}", level));
    }
    figures.pending_compaction_bytes +=
        Property(database, family, rocksdb::DB::Properties::kEstimatePendingCompactionBytes);
    figures.memtable_bytes +=
        Property(database, family, rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  // One cache for all families.
  figures.block_cache_bytes =
      Property(database, kJournal, rocksdb::DB::Properties::kBlockCacheUsage);
  if (const auto statistics = database.db().GetDBOptions().statistics; statistics != nullptr) {
    figures.block_cache_hits = statistics->getTickerCount(rocksdb::BLOCK_CACHE_HIT);
    figures.block_cache_misses = statistics->getTickerCount(rocksdb::BLOCK_CACHE_MISS);
  }
  return figures;
}

}  // namespace forewarn
