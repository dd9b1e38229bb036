#include "bench/family_bytes.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/options_util.h>

#include <memory>
#include <vector>

namespace forewarn::bench {
namespace {

Status Translate(const rocksdb::Status& status) {
  return status.ok() ? OkStatus() : Unavailable(status.ToString());
}

}  // namespace

StatusOr<std::map<std::string, uint64_t>> MergedFamilyBytes(const std::string& dir) {
  rocksdb::ConfigOptions config;
  config.ignore_unknown_options = true;
  rocksdb::DBOptions options;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  FW_RETURN_IF_ERROR(Translate(rocksdb::LoadLatestOptions(config, dir, &options, &descriptors)));
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  FW_RETURN_IF_ERROR(Translate(rocksdb::DB::Open(options, dir, descriptors, &families, &opened)));
  std::unique_ptr<rocksdb::DB> db(opened);
  std::map<std::string, uint64_t> sizes;
  Status outcome;
  for (rocksdb::ColumnFamilyHandle* family : families) {
    if (outcome.ok() && !family->GetName().starts_with("journal")) {
      rocksdb::CompactRangeOptions all;
      all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
      outcome = Translate(db->CompactRange(all, family, nullptr, nullptr));
    }
    rocksdb::ColumnFamilyMetaData data;
    db->GetColumnFamilyMetaData(family, &data);
    sizes[family->GetName()] = data.size;
  }
  for (rocksdb::ColumnFamilyHandle* family : families) db->DestroyColumnFamilyHandle(family);
  FW_RETURN_IF_ERROR(outcome);
  return sizes;
}

}  // namespace forewarn::bench
