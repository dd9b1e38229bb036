#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "store/rocks_database.h"

namespace forewarn {

// RocksReclaim takes out of the files what was deleted. RocksDB would, too, but some day: until then
// what is deleted lies in tables below its deletion, and in logs that an idle family keeps. What it
// owes is not recorded: whoever begins anew adds all days that anything can be deleted of, since to
// look for deletions costs little where there are none. Not thread-safe.
class RocksReclaim {
 public:
  // `database` is a loan that outlives it.
  explicit RocksReclaim(const RocksDatabase& database);

  // Something of that day and partition was, or is about to be, deleted.
  void Add(Family which, int64_t day, uint32_t partition);
  // Something of the days before was.
  void AddDaysBefore(Family which, int64_t day);

  // Rewrites the tables that hold what was deleted, and has the logs go that do. Done in pieces; false when
  // `stop` ended it between two, or `ended`, which may be null, amid one; the rest is still owed.
  StatusOr<bool> Run(const std::function<bool()>& stop, std::atomic<bool>* ended);

 private:
  // A compaction has no end before its end, so it is done by groups of partitions.
  static constexpr uint32_t kGroup = 8;
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  using Stretch = std::pair<std::string, std::string>;  // of keys; the last is of it
  // What tables with deletions span, as far as it lies in the range.
  StatusOr<std::vector<Stretch>> Deletions(Family which, const std::string& begin,
                                           const std::string& end) const;
  Status FlushLogs();
  StatusOr<bool> Compact(Family which, const std::string& begin, const std::string& end,
                         const std::function<bool()>& stop, std::atomic<bool>* ended);

  const RocksDatabase& database_;
  bool is_owed_ = false;
  std::array<int64_t, kFamilyCount> days_before_{};                          // kNone: none
  std::array<std::set<std::pair<int64_t, uint32_t>>, kFamilyCount> groups_;  // by day
};

}  // namespace forewarn
