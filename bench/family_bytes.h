#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/status.h"

namespace forewarn::bench {

// Compacts all tables of the database but the journal's, which is dropped and never compacted, under
// the settings that they were written with; returns the bytes of each column family. Nobody else has
// the database open.
StatusOr<std::map<std::string, uint64_t>> MergedFamilyBytes(const std::string& dir);

}  // namespace forewarn::bench
