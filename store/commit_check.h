#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"

namespace forewarn {

// What every Store asks of the commits it is given, and says about what it does not have.

// Chunks and history are kept, and dropped, by whole days of event time (UTC).
inline constexpr Duration kStoredDay = 24h;
// The day's number since 1970.
constexpr int64_t StoredDayOf(Timestamp at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

// Refuses, as a bug of the caller, commits that skip or repeat a sequence, partitions that do not
// exist and chunks that cross a day. `last_sequence` tells a partition's last commit; empty commits
// do not count.
Status CheckCommits(std::span<const Commit> commits,
                    const std::function<uint64_t(uint32_t partition)>& last_sequence);

Status NoSuchRecord(uint32_t partition, StateKind kind, std::string_view id);

}  // namespace forewarn
