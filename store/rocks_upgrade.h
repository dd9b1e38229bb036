#pragma once

#include <string>

#include "base/status.h"
#include "store/rocks_database.h"

namespace forewarn {

// The family of format 1 that its successor replaces.
inline constexpr const char* kMetaOfFormat1 = "meta-1";

// Brings a database of format 1, opened with its `old_meta` beside today's families, up to
// kStoreFormat. What it holds of chunks and journal is read as it is; the numbers move to today's
// meta. Removing the old family comes last and makes it so: an upgrade that was cut short is done
// again from the start.
Status UpgradeFromFormat1(const RocksDatabase& database, rocksdb::ColumnFamilyHandle* old_meta);

}  // namespace forewarn
