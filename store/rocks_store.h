#pragma once

#include <memory>

#include "base/status.h"
#include "store/store.h"

namespace rocksdb {
class FileSystem;
}

namespace forewarn {

// OpenStore on top of files that are not quite the machine's own: tests open a database on a disk
// that fails, fills up or loses its power.
StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options,
                                           std::shared_ptr<rocksdb::FileSystem> files);

}  // namespace forewarn
