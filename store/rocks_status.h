#pragma once

#include <rocksdb/status.h>

#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn {

// RocksDB's outcome in our words: the folder, the reason (which names the file), the remedy.
// kResourceExhausted for a full disk, kDataLoss for damage, kFailedPrecondition when another
// process holds the folder, kUnavailable for all else.
Status Translate(const rocksdb::Status& status, const std::string& dir);

// What RocksDB gave back whole, but what we cannot have written.
Status DamagedDatabase(const std::string& dir, const Status& why, std::string_view what);

}  // namespace forewarn
