#include "store/rocks_database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "base/file.h"
#include "store/disk_room.h"
#include "store/rocks_upgrade.h"

namespace forewarn {
namespace {

std::string MetaName(uint32_t format) { return fmt::format("meta-{}", format); }

std::array<std::string, kFamilyCount> FamilyNames() {
  return {rocksdb::kDefaultColumnFamilyName,
          MetaName(kStoreFormat),
          "journal",
          "series",
          "chunks",
          "rollups",
          "history",
          "state"};
}

int64_t JournalBuffer(const StoreOptions& options) { return options.write_buffer_bytes / 4; }

rocksdb::ColumnFamilyOptions FamilyOptions(Family which, const StoreOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  table.block_size = which == kChunks || which == kRollups ? 64 << 10 : 16 << 10;
  rocksdb::ColumnFamilyOptions result;
  // Tables of the journal are only ever read in order and dropped; those of chunks are merged, and the
  // larger they are, the less often.
  result.write_buffer_size =
      static_cast<size_t>(which == kJournal ? JournalBuffer(options) : options.write_buffer_bytes);
  result.compression = rocksdb::kZSTD;
  if (which == kJournal) {
    result.compression = rocksdb::kNoCompression;  // its values are compressed
    // A table holds one segment, or two when the disk is behind, and no two overlap: each goes on to the next level as it is, and none is
    // ever written again. There it can be dropped as a file, which DeleteFilesInRanges() does not do where
    // tables may overlap.
    result.level0_file_num_compaction_trigger = 1;
    result.max_bytes_for_level_base = uint64_t{1} << 40;
  }
  if (which == kState) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return result;
}

rocksdb::DBOptions DatabaseOptions(const StoreOptions& options, rocksdb::Env* env) {
  rocksdb::DBOptions result;
  result.create_if_missing = true;
  result.create_missing_column_families = true;
  result.paranoid_checks = true;
  result.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  result.track_and_verify_wals_in_manifest = true;  // a log that is missing as a whole is noticed
  // All memtables together; and logs that only an idle family keeps alive are flushed away.
  result.db_write_buffer_size = static_cast<size_t>(options.write_buffer_bytes) * 3 / 2;
  result.max_total_wal_size = static_cast<uint64_t>(options.write_buffer_bytes) * 8;
  result.max_background_jobs = 2;
  result.max_open_files = 512;
  result.keep_log_file_num = 4;
  result.max_log_file_size = 8 << 20;
  result.db_host_id.clear();  // copies travel; they need not name the machine
  result.info_log_level = rocksdb::WARN_LEVEL;
  result.statistics = rocksdb::CreateDBStatistics();  // for Store::Look()
  result.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  if (env != nullptr) result.env = env;
  return result;
}

// The newest format that the names of the column families speak of; 0 when none does.
uint32_t NewestFormat(const std::vector<std::string>& names) {
  uint32_t format = 0;
  for (const std::string& name : names) {
    uint32_t number = 0;
    if (!name.starts_with("meta-")) continue;
    auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) format = std::max(format, number);
  }
  return format;
}

// Whether the folder holds a database. RocksDB itself would make a new one beside the remains of
// another.
StatusOr<bool> HoldsDatabase(const std::string& dir) {
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(dir));
  bool current = false, remains = false;
  for (const std::string& name : names) {
    current = current || name == "CURRENT";
    remains = remains || name.starts_with("MANIFEST-") || name.ends_with(".sst") ||
              name.ends_with(".log");
  }
  if (remains && !current) {
    return DataLoss(
        fmt::format("{} holds a part of a database: {}/CURRENT is missing; restore the folder "
                    "from a backup",
                    dir, dir));
  }
  return current;
}

}  // namespace

StatusOr<std::unique_ptr<RocksDatabase>> RocksDatabase::Open(
    const StoreOptions& options, std::shared_ptr<rocksdb::FileSystem> files) {
  // Before RocksDB would end the table by itself, which counts what a key costs beside its bytes.
  const auto journal_table_bytes = static_cast<uint64_t>(JournalBuffer(options)) / 4 * 3;
  std::unique_ptr<RocksDatabase> database(new RocksDatabase(options.dir, journal_table_bytes));
  if (files != nullptr) database->env_ = rocksdb::NewCompositeEnv(std::move(files));
  FW_RETURN_IF_ERROR(MakeDirs(options.dir, 0750));
  FW_ASSIGN_OR_RETURN(int64_t free_bytes, FreeBytes(options.dir));
  FW_RETURN_IF_ERROR(CheckRoom(options.dir, free_bytes));
  FW_RETURN_IF_ERROR(database->OpenFamilies(options));
  return database;
}

StatusOr<std::vector<std::string>> RocksDatabase::FindOldMetas(
    const rocksdb::DBOptions& database) const {
  std::vector<std::string> old_metas;
  FW_ASSIGN_OR_RETURN(bool exists, HoldsDatabase(dir_));
  if (!exists) return old_metas;
  std::vector<std::string> names;
  rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(database, dir_, &names);
  if (!listed.ok()) return Outcome(listed);
  uint32_t format = NewestFormat(names);
  if (format > kStoreFormat) {
    return FailedPrecondition(
        fmt::format("the database in {} was written by a newer Forewarn (format {}, this binary "
                    "reads {}): run the newer version, or restore a backup made by this one",
                    dir_, format, kStoreFormat));
  }
  // A creation that was cut short leaves some of our families, none of them with content.
  auto ours = FamilyNames();
  auto holds = [](const auto& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const char* name : kOldMetas) {
    if (holds(names, name)) old_metas.emplace_back(name);
  }
  for (const std::string& name : names) {
    if (!holds(ours, name) && !holds(old_metas, name)) {
      return FailedPrecondition(
          fmt::format("{} holds a database that is not Forewarn's: it has a column "
                      "family '{}'; give Forewarn a folder of its own",
                      dir_, name));
    }
  }
  return old_metas;
}

Status RocksDatabase::OpenFamilies(const StoreOptions& options) {
  rocksdb::DBOptions database = DatabaseOptions(options, env_.get());
  FW_ASSIGN_OR_RETURN(std::vector<std::string> old_metas, FindOldMetas(database));
  auto cache = rocksdb::NewLRUCache(static_cast<size_t>(options.block_cache_bytes));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  auto family_names = FamilyNames();
  for (int i = 0; i < kFamilyCount; ++i) {
    descriptors.emplace_back(family_names[i],
                             FamilyOptions(static_cast<Family>(i), options, cache));
  }
  for (const std::string& name : old_metas) {
    descriptors.emplace_back(name, descriptors[kMeta].options);
  }
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(database, dir_, descriptors, &families_, &db);
  if (!opened.ok()) return Outcome(opened);
  db_.reset(db);
  if (old_metas.empty()) return OkStatus();
  return Upgrade(*this, std::span(families_).subspan(kFamilyCount));
}

RocksDatabase::~RocksDatabase() {
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    (void)db_->DestroyColumnFamilyHandle(handle);
  }
  if (db_ != nullptr) (void)db_->Close();
}

std::unique_ptr<rocksdb::Iterator> RocksDatabase::Iterate(Family which,
                                                          const rocksdb::Snapshot* then) const {
  rocksdb::ReadOptions options;
  options.snapshot = then;
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(which)));
}

std::unique_ptr<rocksdb::Iterator> RocksDatabase::IterateOnce(Family which) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(which)));
}

StatusOr<uint64_t> RocksDatabase::Number(MetaKind kind, uint32_t partition) const {
  std::string value;
  rocksdb::Status got =
      db_->Get(rocksdb::ReadOptions(), family(kMeta), EncodeMetaKey(kind, partition), &value);
  if (got.IsNotFound()) return uint64_t{0};
  if (!got.ok()) return Outcome(got);
  StatusOr<uint64_t> number = DecodeMeta(value);
  if (!number.ok()) return Damaged(number.status(), fmt::format("partition {}", partition));
  return number;
}

Status RocksDatabase::DropRange(Family which, const std::string& begin,
                                const std::string& end) const {
  std::unique_ptr<rocksdb::Iterator> it = Iterate(which);
  it->Seek(begin);
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  if (!it->Valid() || ToView(it->key()) >= end) return OkStatus();
  FW_RETURN_IF_ERROR(DropFiles(which, begin, end));
  return Outcome(db_->DeleteRange(rocksdb::WriteOptions(), family(which), begin, end));
}

Status RocksDatabase::DropFiles(Family which, const std::string& begin,
                                const std::string& end) const {
  rocksdb::Slice from = begin, to = end;
  rocksdb::RangePtr range(&from, &to);
  return Outcome(
      rocksdb::DeleteFilesInRanges(db_.get(), family(which), &range, 1, /*include_end=*/false));
}

Status RocksDatabase::EndTable(Family which) const {
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;  // as the write that follows would
  rocksdb::Status begun = db_->Flush(options, family(which));
  // The disk is so far behind that writes wait for it; whoever does not wait is turned away.
  if (begun.IsTryAgain()) {
    options.wait = true;
    begun = db_->Flush(options, family(which));
  }
  return Outcome(begun);
}

Status RocksDatabase::DamagedKey(std::string_view what) const {
  return Damaged(DataLoss("key cut short or damaged"), what);
}

}  // namespace forewarn
