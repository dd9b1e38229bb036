#include "store/rocks_reclaim.h"

#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/table_properties.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "model/ids.h"
#include "store/format.h"

namespace forewarn {

RocksReclaim::RocksReclaim(const RocksDatabase& database) : database_(database) {
  days_before_.fill(kNone);
}

void RocksReclaim::Add(Family which, int64_t day, uint32_t partition) {
  groups_[which].emplace(day, partition / kGroup);
  is_owed_ = true;
}

void RocksReclaim::AddDaysBefore(Family which, int64_t day) {
  days_before_[which] = std::max(days_before_[which], day);
  is_owed_ = true;
}

StatusOr<bool> RocksReclaim::Run(const std::function<bool()>& stop, std::atomic<bool>* ended) {
  if (!is_owed_) return true;
  FW_RETURN_IF_ERROR(FlushLogs());
  for (Family which : {kChunks, kRollups, kHistory}) {
    if (days_before_[which] != kNone) {
      FW_ASSIGN_OR_RETURN(bool whole,
                          Compact(which, "", EncodeDay(days_before_[which]), stop, ended));
      if (!whole) return false;
      days_before_[which] = kNone;
    }
    auto& groups = groups_[which];
    while (!groups.empty()) {
      auto [day, group] = *groups.begin();
      // In the keys of rollups the partition is not next to the day.
      std::string begin = EncodeDay(day), end = EncodeDay(day + 1);
      if (which != kRollups) {
        begin = EncodeDayOf(day, group * kGroup);
        end = EncodeDayOf(day, (group + 1) * kGroup);
      }
      FW_ASSIGN_OR_RETURN(bool whole, Compact(which, begin, end, stop, ended));
      if (!whole) return false;
      if (which == kRollups) {
        std::erase_if(groups, [day = day](const auto& item) { return item.first == day; });
      } else {
        groups.erase(groups.begin());
      }
    }
  }
  is_owed_ = false;
  return true;
}

// A log goes when every family has written what it holds of it as tables.
Status RocksReclaim::FlushLogs() {
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (int which = 0; which < kFamilyCount; ++which) {
    families.push_back(database_.family(static_cast<Family>(which)));
  }
  return database_.Outcome(database_.db().Flush(rocksdb::FlushOptions(), families));
}

// Tables that hold deletions, and what lies below them: that may be in the last level, too, beside
// tables that were moved there as they were.
StatusOr<bool> RocksReclaim::Compact(Family which, const std::string& begin, const std::string& end,
                                     const std::function<bool()>& stop, std::atomic<bool>* ended) {
  FW_ASSIGN_OR_RETURN(std::vector<Stretch> stretches, Deletions(which, begin, end));
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.canceled = ended;
  for (const auto& [first, last] : stretches) {
    if (stop != nullptr && stop()) return false;
    rocksdb::Slice from = first, to = last;
    rocksdb::Status compacted =
        database_.db().CompactRange(options, database_.family(which), &from, &to);
    if (compacted.IsIncomplete() && ended != nullptr && *ended) return false;
    FW_RETURN_IF_ERROR(database_.Outcome(compacted));
  }
  return true;
}

StatusOr<std::vector<RocksReclaim::Stretch>> RocksReclaim::Deletions(Family which,
                                                                     const std::string& begin,
                                                                     const std::string& end) const {
  rocksdb::ColumnFamilyHandle* family = database_.family(which);
  rocksdb::Range range(begin, end);
  rocksdb::TablePropertiesCollection tables;  // by path
  FW_RETURN_IF_ERROR(
      database_.Outcome(database_.db().GetPropertiesOfTablesInRange(family, &range, 1, &tables)));
  std::erase_if(tables, [](const auto& table) { return table.second->num_deletions == 0; });
  std::vector<Stretch> stretches;
  if (tables.empty()) return stretches;
  rocksdb::ColumnFamilyMetaData files;
  database_.db().GetColumnFamilyMetaData(family, &files);
  for (const rocksdb::LevelMetaData& level : files.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      if (!tables.contains(file.db_path + file.name)) continue;
      stretches.emplace_back(std::max(begin, file.smallestkey), std::min(end, file.largestkey));
    }
  }
  std::sort(stretches.begin(), stretches.end());
  size_t last = 0;  // with which the next ones are joined where they overlap
  for (size_t i = 1; i < stretches.size(); ++i) {
    if (stretches[i].first > stretches[last].second) {
      stretches[++last] = std::move(stretches[i]);
    } else {
      stretches[last].second = std::max(stretches[last].second, stretches[i].second);
    }
  }
  if (!stretches.empty()) stretches.resize(last + 1);
  return stretches;
}

}  // namespace forewarn
