#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace forewarn {

// Before a database is opened: is there room for what opening it writes? RocksDB replays its logs and writes what
// they hold as tables. Where that does not fit, the packaged RocksDB may end the process by an assertion of its
// own; we say it instead, and leave the folder as it is.

// What a program may still write on the file system that holds `dir`; the largest number when nothing limits it.
StatusOr<int64_t> FreeBytes(const std::string& dir);

// kResourceExhausted when `free_bytes` are not enough to open the database in `dir`; names the folder, both sizes
// and the remedy.
Status CheckRoom(const std::string& dir, int64_t free_bytes);

}  // namespace forewarn
