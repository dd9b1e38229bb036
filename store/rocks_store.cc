#include "store/rocks_store.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "model/ids.h"
#include "store/commit_check.h"
#include "store/format.h"

// The Store on RocksDB. Keys and values are in format.cc; this file says when they are written and
// how the database is tuned.
//
// Durability: one WriteBatch for each call of Commit(), across all column families, synced before
// it returns. The write-ahead log is read strictly (kTolerateCorruptedTailRecords): only its torn
// tail, which nobody was told of, may be missing; damage in the middle is an error, for the default
// mode would quietly forget everything after it.

namespace forewarn {
namespace {

constexpr uint32_t kPartitionCount = kPartitions + 1;
constexpr uint64_t kSegmentBytes = 64 << 20;       // a new segment starts beyond this
constexpr uint64_t kSegmentBytesOnDrop = 4 << 20;  // and, when old journal is dropped, beyond this

enum Family { kDefault, kMeta, kJournal, kSeries, kChunks, kHistory, kState, kFamilyCount };

std::string MetaName(uint32_t format) { return fmt::format("meta-{}", format); }

std::array<std::string, kFamilyCount> FamilyNames() {
  return {rocksdb::kDefaultColumnFamilyName,
          MetaName(kStoreFormat),
          "journal",
          "series",
          "chunks",
          "history",
          "state"};
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Status FullDisk(const std::string& dir, const std::string& reason) {
  return ResourceExhausted(fmt::format(
      "the disk that holds {} is full: {}; make room on it and start again", dir, reason));
}

// RocksDB's outcome in our words: the folder, the reason (which names the file), the remedy.
Status Translate(const rocksdb::Status& status, const std::string& dir) {
  if (status.ok()) return OkStatus();
  std::string reason = status.ToString();
  // A write that waits for a flush is told `incomplete`, with the flush's reason as text only.
  if (status.IsNoSpace() || reason.find("No space left") != std::string::npos) {
    return FullDisk(dir, reason);
  }
  if (status.IsCorruption()) {
    return DataLoss(fmt::format(
        "the database in {} is damaged: {}; restore the folder from a backup", dir, reason));
  }
  if (status.IsIOError() && reason.find("LOCK") != std::string::npos) {
    return FailedPrecondition(
        fmt::format("another process holds {}: {}; stop it, or give this one a folder "
                    "of its own",
                    dir, reason));
  }
  return Unavailable(
      fmt::format("the disk that holds {} fails: {}; check the disk and the folder's rights, "
                  "then start again",
                  dir, reason));
}

Status Damaged(const std::string& dir, const Status& why, std::string_view what) {
  return DataLoss(
      fmt::format("the database in {} is damaged: {}: {}; restore the folder from a backup", dir,
                  what, why.message()));
}

class RocksStore : public Store {
 public:
  static StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options,
                                               std::shared_ptr<rocksdb::FileSystem> files);
  ~RocksStore() override;

  Status Commit(std::span<const forewarn::Commit> commits) override;
  Status ReadJournal(uint32_t partition, uint64_t first,
                     const std::function<Status(const JournalItem&)>& visit) const override;
  StatusOr<uint64_t> LastSequence(uint32_t partition) const override;
  Status ReadState(uint32_t partition, StateKind kind,
                   const std::function<Status(std::string_view id, std::string_view record)>& visit)
      const override;
  StatusOr<std::string> GetState(uint32_t partition, StateKind kind,
                                 std::string_view id) const override;
  Status ReadSeries(uint32_t partition,
                    const std::function<Status(const NewSeries&)>& visit) const override;
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to) const override;
  StatusOr<std::vector<HistoryRow>> ReadHistory(uint32_t partition, std::string_view customer,
                                                Timestamp from, Timestamp to,
                                                size_t limit) const override;
  Status Drop(const Retention& retention) override;
  Status Checkpoint(const std::string& dir) override;

 private:
  explicit RocksStore(const StoreOptions& options) : dir_(options.dir) {}

  Status OpenDatabase(const StoreOptions& options);
  Status ReadMeta();
  StatusOr<uint64_t> ReadNumber(MetaKind kind, uint32_t partition) const;
  void AddToBatch(const forewarn::Commit& commit, uint32_t segment,
                  rocksdb::WriteBatch& batch) const;
  StatusOr<std::vector<uint32_t>> Segments() const;
  StatusOr<bool> SegmentIsDone(uint32_t segment) const;
  Status DropRange(Family family, const std::string& begin, const std::string& end);

  rocksdb::ColumnFamilyHandle* family(Family which) const { return families_[which]; }
  std::unique_ptr<rocksdb::Iterator> Iterate(Family which) const {
    return std::unique_ptr<rocksdb::Iterator>(
        db_->NewIterator(rocksdb::ReadOptions(), family(which)));
  }
  Status Outcome(const rocksdb::Status& status) const { return Translate(status, dir_); }

  // Fixed after opening.
  const std::string dir_;
  std::unique_ptr<rocksdb::Env> env_;  // only over files of a test; outlives db_
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;

  // Changes.
  std::array<std::atomic<uint64_t>, kPartitionCount> last_{};       // by Commit, after the write
  std::array<std::atomic<uint64_t>, kPartitionCount> kept_from_{};  // by Drop, before it drops
  Status failure_;         // of the first Commit that failed; its caller's thread
  std::mutex drop_mutex_;  // two may ask to Drop at once
  std::atomic<uint32_t> segment_ =
      0;  // by Commit and Drop; a commit may still go to the one before
  std::atomic<uint64_t> segment_bytes_ = 0;
};

rocksdb::ColumnFamilyOptions FamilyOptions(Family which, const StoreOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  table.block_size = 16 << 10;
  rocksdb::ColumnFamilyOptions result;
  result.write_buffer_size = static_cast<size_t>(options.write_buffer_bytes);
  result.compression = rocksdb::kZSTD;
  if (which == kJournal) result.compression = rocksdb::kNoCompression;  // its values are compressed
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
  result.db_write_buffer_size = static_cast<size_t>(options.write_buffer_bytes) * 3;
  result.max_total_wal_size = static_cast<uint64_t>(options.write_buffer_bytes) * 8;
  result.max_background_jobs = 2;
  result.max_open_files = 512;
  result.keep_log_file_num = 4;
  result.max_log_file_size = 8 << 20;
  result.db_host_id.clear();  // copies travel; they need not name the machine
  result.info_log_level = rocksdb::WARN_LEVEL;
  if (env != nullptr) result.env = env;
  return result;
}

// The format that the names of the column families speak of; 0 when none does.
uint32_t FormatOf(const std::vector<std::string>& names) {
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

StatusOr<std::unique_ptr<Store>> RocksStore::Open(const StoreOptions& options,
                                                  std::shared_ptr<rocksdb::FileSystem> files) {
  std::unique_ptr<RocksStore> store(new RocksStore(options));
  if (files != nullptr) store->env_ = rocksdb::NewCompositeEnv(std::move(files));
  FW_RETURN_IF_ERROR(store->OpenDatabase(options));
  FW_RETURN_IF_ERROR(store->ReadMeta());
  return std::unique_ptr<Store>(std::move(store));
}

Status RocksStore::OpenDatabase(const StoreOptions& options) {
  FW_RETURN_IF_ERROR(MakeDirs(dir_, 0750));
  FW_ASSIGN_OR_RETURN(bool exists, HoldsDatabase(dir_));
  rocksdb::DBOptions database = DatabaseOptions(options, env_.get());
  std::vector<std::string> names;
  if (exists) {
    rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(database, dir_, &names);
    if (!listed.ok()) return Outcome(listed);
    uint32_t format = FormatOf(names);
    if (format > kStoreFormat) {
      return FailedPrecondition(
          fmt::format("the database in {} was written by a newer Forewarn (format {}, this binary "
                      "reads {}): run the newer "
                      "version, or restore a backup made by this one",
                      dir_, format, kStoreFormat));
    }
    // A creation that was cut short leaves some of our families, none of them with content.
    auto ours = FamilyNames();
    for (const std::string& name : names) {
      if (std::find(ours.begin(), ours.end(), name) == ours.end()) {
        return FailedPrecondition(
            fmt::format("{} holds a database that is not Forewarn's: it has a column "
                        "family '{}'; give Forewarn a folder of its own",
                        dir_, name));
      }
    }
  }

  auto cache = rocksdb::NewLRUCache(static_cast<size_t>(options.block_cache_bytes));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  auto family_names = FamilyNames();
  for (int i = 0; i < kFamilyCount; ++i) {
    descriptors.emplace_back(family_names[i],
                             FamilyOptions(static_cast<Family>(i), options, cache));
  }
  rocksdb::DB* db = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(database, dir_, descriptors, &families_, &db);
  if (!opened.ok()) return Outcome(opened);
  db_.reset(db);
  return OkStatus();
}

Status RocksStore::ReadMeta() {
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    FW_ASSIGN_OR_RETURN(last_[partition], ReadNumber(MetaKind::kLastSequence, partition));
    FW_ASSIGN_OR_RETURN(uint64_t kept, ReadNumber(MetaKind::kJournalKeptFrom, partition));
    kept_from_[partition] = std::max<uint64_t>(kept, 1);
  }
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  segment_ = segments.empty() ? 1 : segments.back() + 1;
  return OkStatus();
}

RocksStore::~RocksStore() {
  for (rocksdb::ColumnFamilyHandle* handle : families_) {
    (void)db_->DestroyColumnFamilyHandle(handle);
  }
  if (db_ != nullptr) (void)db_->Close();
}

StatusOr<uint64_t> RocksStore::ReadNumber(MetaKind kind, uint32_t partition) const {
  std::string value;
  rocksdb::Status got =
      db_->Get(rocksdb::ReadOptions(), family(kMeta), EncodeMetaKey(kind, partition), &value);
  if (got.IsNotFound()) return uint64_t{0};
  if (!got.ok()) return Outcome(got);
  StatusOr<uint64_t> number = DecodeMeta(value);
  if (!number.ok()) return Damaged(dir_, number.status(), fmt::format("partition {}", partition));
  return number;
}

Status RocksStore::Commit(std::span<const forewarn::Commit> commits) {
  // After a failure nobody knows what the disk holds; only opening it anew tells.
  if (!failure_.ok()) return failure_.With("an earlier write failed");
  FW_RETURN_IF_ERROR(
      CheckCommits(commits, [&](uint32_t partition) { return last_[partition].load(); }));
  if (segment_bytes_ >= kSegmentBytes) {
    segment_bytes_ = 0;
    ++segment_;
  }
  uint32_t segment = segment_;
  rocksdb::WriteBatch batch;
  for (const forewarn::Commit& commit : commits) {
    if (!commit.empty) AddToBatch(commit, segment, batch);
  }
  if (batch.Count() == 0) return OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::Status written = db_->Write(synced, &batch);
  if (!written.ok()) return failure_ = Outcome(written);
  segment_bytes_ += batch.GetDataSize();
  for (const forewarn::Commit& commit : commits) {
    if (!commit.empty) last_[commit.partition] = commit.sequence;
  }
  return OkStatus();
}

void RocksStore::AddToBatch(const forewarn::Commit& commit, uint32_t segment,
                            rocksdb::WriteBatch& batch) const {
  uint32_t partition = commit.partition;
  auto put = [&](Family which, const std::string& key, std::string_view value) {
    FW_CHECK(batch.Put(family(which), key, ToSlice(value)).ok());
  };
  put(kJournal, EncodeKey(JournalKey{segment, partition, commit.sequence}),
      EncodeJournal(commit.entry, commit.samples));
  put(kMeta, EncodeMetaKey(MetaKind::kLastSequence, partition), EncodeMeta(commit.sequence));
  for (const NewSeries& series : commit.new_series) {
    put(kSeries, EncodeKey(SeriesKey{partition, series.id}), EncodeSeries(series.labels));
  }
  for (const SealedChunk& chunk : commit.chunks) {
    put(kChunks, EncodeKey(ChunkKey{StoredDayOf(chunk.first), partition, chunk.id, chunk.first}),
        EncodeSealed(chunk));
  }
  for (size_t i = 0; i < commit.history.size(); ++i) {
    const HistoryRow& row = commit.history[i];
    put(kHistory,
        EncodeKey(HistoryKey{StoredDayOf(row.at), partition, row.customer, row.at, commit.sequence,
                             static_cast<uint32_t>(i)}),
        EncodeHistory(row));
  }
  for (const StatePut& state : commit.state) {
    std::string key = EncodeKey(StateKey{partition, state.kind, state.id});
    if (state.record.empty()) {
      FW_CHECK(batch.Delete(family(kState), key).ok());
    } else {
      put(kState, key, state.record);
    }
  }
}

Status RocksStore::ReadJournal(uint32_t partition, uint64_t first,
                               const std::function<Status(const JournalItem&)>& visit) const {
  // What was committed by now is in the iterator's view; what is dropped after it was made still
  // is.
  uint64_t last = last_[partition];
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kJournal);
  uint64_t next = std::max(first, kept_from_[partition].load());
  JournalKey at{0, partition, next};
  for (it->Seek(EncodeKey(at)); it->Valid();) {
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "journal");
    if (key->partition != partition || key->sequence < next) {
      // On to this partition's next entry, in this segment or in a later one.
      bool passed = key->partition > partition;
      at = {passed ? key->segment + 1 : key->segment, partition, next};
      it->Seek(EncodeKey(at));
      continue;
    }
    std::string where = fmt::format("journal entry {} of partition {}", next, partition);
    if (key->sequence != next) return Damaged(dir_, DataLoss("it is missing"), where);
    StatusOr<JournalItem> item = DecodeJournal(key->sequence, ToView(it->value()));
    if (!item.ok()) return Damaged(dir_, item.status(), where);
    FW_RETURN_IF_ERROR(visit(*item));
    ++next;
    it->Next();
  }
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  if (next <= last) {
    return Damaged(dir_, DataLoss("it is missing"),
                   fmt::format("journal entry {} of partition {}", next, partition));
  }
  return OkStatus();
}

StatusOr<uint64_t> RocksStore::LastSequence(uint32_t partition) const {
  FW_CHECK(partition < kPartitionCount);
  return last_[partition].load();
}

Status RocksStore::ReadState(
    uint32_t partition, StateKind kind,
    const std::function<Status(std::string_view id, std::string_view record)>& visit) const {
  std::string prefix = EncodeKey(StateKey{partition, kind, ""});
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kState);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    FW_RETURN_IF_ERROR(visit(ToView(it->key()).substr(prefix.size()), ToView(it->value())));
  }
  return Outcome(it->status());
}

StatusOr<std::string> RocksStore::GetState(uint32_t partition, StateKind kind,
                                           std::string_view id) const {
  std::string record;
  rocksdb::Status got = db_->Get(rocksdb::ReadOptions(), family(kState),
                                 EncodeKey(StateKey{partition, kind, std::string(id)}), &record);
  if (got.IsNotFound()) return NoSuchRecord(partition, kind, id);
  if (!got.ok()) return Outcome(got);
  return record;
}

Status RocksStore::ReadSeries(uint32_t partition,
                              const std::function<Status(const NewSeries&)>& visit) const {
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kSeries);
  for (it->Seek(EncodeKey(SeriesKey{partition, 0})); it->Valid(); it->Next()) {
    std::optional<SeriesKey> key = DecodeSeriesKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "series");
    if (key->partition != partition) break;
    StatusOr<Labels> labels = DecodeSeries(ToView(it->value()));
    if (!labels.ok()) {
      return Damaged(dir_, labels.status(),
                     fmt::format("series {} of partition {}", key->id, partition));
    }
    FW_RETURN_IF_ERROR(visit({key->id, *std::move(labels)}));
  }
  return Outcome(it->status());
}

StatusOr<std::vector<SealedChunk>> RocksStore::ReadChunks(uint32_t partition, SeriesId id,
                                                          Timestamp from, Timestamp to) const {
  std::vector<SealedChunk> result;
  if (from > to) return result;
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kChunks);
  int64_t day = StoredDayOf(from);
  auto seek = [&] { it->Seek(EncodeKey(ChunkKey{day, partition, id, Timestamp::min()})); };
  for (seek(); it->Valid();) {
    std::optional<ChunkKey> key = DecodeChunkKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "chunks");
    if (key->day > StoredDayOf(to)) break;
    auto place = std::pair(key->partition, key->id);
    auto wanted = std::pair(partition, id);
    if (place != wanted || key->first > to) {
      // Days without this series are stepped over: to the day we landed in, or past it.
      day = place < wanted ? key->day : key->day + 1;
      seek();
      continue;
    }
    StatusOr<SealedChunk> chunk = DecodeSealed(*key, ToView(it->value()));
    if (!chunk.ok()) {
      return Damaged(dir_, chunk.status(), fmt::format("series {} of partition {}", id, partition));
    }
    if (chunk->last >= from) result.push_back(*std::move(chunk));
    it->Next();
  }
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  return result;
}

StatusOr<std::vector<HistoryRow>> RocksStore::ReadHistory(uint32_t partition,
                                                          std::string_view customer, Timestamp from,
                                                          Timestamp to, size_t limit) const {
  std::vector<HistoryRow> result;
  if (from > to) return result;
  // From the newest backwards, so that a limit stops the reading.
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kHistory);
  HistoryKey at{StoredDayOf(to), partition, std::string(customer), to, UINT64_MAX, UINT32_MAX};
  auto seek = [&] { it->SeekForPrev(EncodeKey(at)); };
  for (seek(); it->Valid() && result.size() < limit;) {
    std::optional<HistoryKey> key = DecodeHistoryKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "history");
    if (key->day < StoredDayOf(from)) break;
    auto place = std::tuple(key->partition, key->customer.size(), key->customer);
    auto wanted = std::tuple(partition, customer.size(), at.customer);
    if (place != wanted) {
      // Days without this customer are stepped over: to the day we landed in, or before it.
      at.day = place > wanted ? key->day : key->day - 1;
      at.at = Timestamp::max();
      seek();
      continue;
    }
    if (key->at < from) break;
    StatusOr<HistoryRow> row = DecodeHistory(*key, ToView(it->value()));
    if (!row.ok()) {
      return Damaged(dir_, row.status(),
                     fmt::format("history of {} in partition {}", customer, partition));
    }
    result.push_back(*std::move(row));
    it->Prev();
  }
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  std::reverse(result.begin(), result.end());
  return result;
}

StatusOr<std::vector<uint32_t>> RocksStore::Segments() const {
  std::vector<uint32_t> result;
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kJournal);
  for (it->SeekToFirst(); it->Valid();) {
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "journal");
    result.push_back(key->segment);
    it->Seek(EncodeKey(JournalKey{key->segment + 1, 0, 0}));
  }
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  return result;
}

// Whether nothing in the segment is needed any more.
StatusOr<bool> RocksStore::SegmentIsDone(uint32_t segment) const {
  std::unique_ptr<rocksdb::Iterator> it = Iterate(kJournal);
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    it->SeekForPrev(EncodeKey(JournalKey{segment, partition, UINT64_MAX}));
    FW_RETURN_IF_ERROR(Outcome(it->status()));
    if (!it->Valid()) continue;
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return Damaged(dir_, DataLoss("key cut short or damaged"), "journal");
    if (key->segment != segment || key->partition != partition) continue;
    if (key->sequence >= kept_from_[partition]) return false;
  }
  return true;
}

// Files that hold nothing else go at once. The rest, at the edges, is hidden by one range deletion,
// which compaction carries out; there is at most one such edge for each day or segment dropped.
Status RocksStore::DropRange(Family which, const std::string& begin, const std::string& end) {
  std::unique_ptr<rocksdb::Iterator> it = Iterate(which);
  it->Seek(begin);
  FW_RETURN_IF_ERROR(Outcome(it->status()));
  if (!it->Valid() || ToView(it->key()) >= end) return OkStatus();
  rocksdb::Slice from = begin, to = end;
  rocksdb::RangePtr range(&from, &to);
  FW_RETURN_IF_ERROR(Outcome(
      rocksdb::DeleteFilesInRanges(db_.get(), family(which), &range, 1, /*include_end=*/false)));
  return Outcome(db_->DeleteRange(rocksdb::WriteOptions(), family(which), begin, end));
}

Status RocksStore::Drop(const Retention& retention) {
  FW_CHECK(retention.journal_kept_from.size() == kPartitionCount);
  std::lock_guard lock(drop_mutex_);
  FW_RETURN_IF_ERROR(DropRange(kChunks, "", EncodeDay(StoredDayOf(retention.chunks_before))));
  FW_RETURN_IF_ERROR(DropRange(kHistory, "", EncodeDay(StoredDayOf(retention.history_before))));

  // First it is written down where each journal begins now; then nobody misses what goes, whenever
  // it goes.
  rocksdb::WriteBatch batch;
  std::array<uint64_t, kPartitionCount> kept_from{};
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    // A shard counts commits that are not durable yet; if they never are, their sequences come
    // again.
    kept_from[partition] = std::min(retention.journal_kept_from[partition], last_[partition] + 1);
    if (kept_from[partition] <= kept_from_[partition]) continue;
    std::string key = EncodeMetaKey(MetaKind::kJournalKeptFrom, partition);
    FW_CHECK(batch.Put(family(kMeta), key, EncodeMeta(kept_from[partition])).ok());
  }
  if (batch.Count() == 0) return OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  FW_RETURN_IF_ERROR(Outcome(db_->Write(synced, &batch)));
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    kept_from_[partition] = std::max(kept_from_[partition].load(), kept_from[partition]);
  }

  if (segment_bytes_ >= kSegmentBytesOnDrop) {
    segment_bytes_ = 0;
    ++segment_;
  }
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  for (uint32_t segment : segments) {
    // A commit that is on its way may still write to the segment before the newest.
    if (segment + 1 >= segment_) break;
    FW_ASSIGN_OR_RETURN(bool done, SegmentIsDone(segment));
    if (!done) continue;
    FW_RETURN_IF_ERROR(DropRange(kJournal, EncodeKey(JournalKey{segment, 0, 0}),
                                 EncodeKey(JournalKey{segment + 1, 0, 0})));
  }
  return OkStatus();
}

Status RocksStore::Checkpoint(const std::string& dir) {
  if (FileExists(dir)) {
    return AlreadyExists(fmt::format("{} exists; name a folder that does not", dir));
  }
  rocksdb::Checkpoint* made = nullptr;
  FW_RETURN_IF_ERROR(Translate(rocksdb::Checkpoint::Create(db_.get(), &made), dir));
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return Translate(checkpoint->CreateCheckpoint(dir), dir);
}

}  // namespace

StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options) {
  return RocksStore::Open(options, nullptr);
}

StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options,
                                           std::shared_ptr<rocksdb::FileSystem> files) {
  return RocksStore::Open(options, std::move(files));
}

}  // namespace forewarn
