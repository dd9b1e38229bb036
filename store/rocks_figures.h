#pragma once

#include "store/rocks_database.h"
#include "store/store.h"

namespace forewarn {

// What RocksDB says of itself now, over all families. Cheap: it reads counters, no files.
Store::Figures LookAt(const RocksDatabase& database);

}  // namespace forewarn
