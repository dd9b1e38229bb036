#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/format.h"
#include "store/rocks_status.h"
#include "store/store.h"

namespace forewarn {

// The column families, one for each kind of data; their grammar is at the top of format.cc.
enum Family {
  kDefault,
  kMeta,
  kJournal,
  kSeries,
  kChunks,
  kRollups,
  kHistory,
  kState,
  kFamilyCount
};

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// RocksDatabase is the open database with its families and how it is tuned. Owned by the
// RocksStore; thread-safe as RocksDB is.
//
// The write-ahead log is read strictly (kTolerateCorruptedTailRecords): only its torn tail, which
// nobody was told of, may be missing; damage in the middle is an error, for the default mode would
// quietly forget everything after it.
class RocksDatabase {
 public:
  // Opens or creates; refuses with a sentence what StoreOptions' OpenStore() refuses. `files` may
  // be null: the machine's own.
  static StatusOr<std::unique_ptr<RocksDatabase>> Open(const StoreOptions& options,
                                                       std::shared_ptr<rocksdb::FileSystem> files);
  ~RocksDatabase();

  const std::string& dir() const { return dir_; }
  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family which) const { return families_[which]; }
  // Over what is written by now.
  std::unique_ptr<rocksdb::Iterator> Iterate(Family which) const { return Iterate(which, nullptr); }
  // Over what was written when the snapshot was taken; null: by now.
  std::unique_ptr<rocksdb::Iterator> Iterate(Family which, const rocksdb::Snapshot* then) const;

  // The same, of what is read once and then goes: it takes no room in the cache.
  std::unique_ptr<rocksdb::Iterator> IterateOnce(Family which) const;

  // Of `meta`; 0 when it was never written.
  StatusOr<uint64_t> Number(MetaKind kind, uint32_t partition) const;

  // Drops the keys in [begin, end). Files that hold nothing else go at once. The rest, at the
  // edges, is hidden by one range deletion, which compaction carries out.
  Status DropRange(Family which, const std::string& begin, const std::string& end) const;

  // The first half of that: files alone, whose keys nobody can see any more.
  Status DropFiles(Family which, const std::string& begin, const std::string& end) const;

  // What was written to the family so far goes to a table of its own, soon: what is written after
  // this call is in none of its tables. Waits where a write would have to.
  Status EndTable(Family which) const;
  // The bytes that a table of the journal should hold.
  uint64_t journal_table_bytes() const { return journal_table_bytes_; }

  Status Outcome(const rocksdb::Status& status) const { return Translate(status, dir_); }
  Status Damaged(const Status& why, std::string_view what) const {
    return DamagedDatabase(dir_, why, what);
  }
  Status DamagedKey(std::string_view what) const;

 private:
  RocksDatabase(std::string dir, uint64_t journal_table_bytes)
      : dir_(std::move(dir)), journal_table_bytes_(journal_table_bytes) {}

  // Which of kOldMetas the database has, in their order; none when it is of today's format or there
  // is no database.
  StatusOr<std::vector<std::string>> FindOldMetas(const rocksdb::DBOptions& database) const;
  Status OpenFamilies(const StoreOptions& options);

  const std::string dir_;
  const uint64_t journal_table_bytes_;
  std::unique_ptr<rocksdb::Env> env_;  // only over files of a test; outlives db_
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace forewarn
