#pragma once

#include <array>
#include <span>

#include "base/status.h"
#include "store/rocks_database.h"

namespace forewarn {

// The families of older formats that their successors replaced, oldest first.
inline constexpr std::array kOldMetas = {"meta-1", "meta-2", "meta-3"};

// Brings a database of an older format, opened with its `old_metas` (one at least, oldest first)
// beside today's families, up to kStoreFormat. What it holds of chunks and journal is read as it
// is; the numbers move from the oldest meta to today's. Removing that comes last and makes it so:
// an upgrade that was cut short is done again from the start.
//
// Formats 1 and 2 do not tell up to where samples are sealed, so it is taken to be the end of the
// last day that has any: too late a bound costs a look into the store, too early a one would hide
// samples.
Status Upgrade(const RocksDatabase& database,
               std::span<rocksdb::ColumnFamilyHandle* const> old_metas);

}  // namespace forewarn
