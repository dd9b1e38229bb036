#include "store/rocks_store.h"

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "store/commit_check.h"
#include "store/format.h"
#include "store/rocks_database.h"
#include "store/rocks_figures.h"
#include "store/rocks_journal.h"
#include "store/rocks_reader.h"
#include "store/rocks_retention.h"
#include "store/series_rows.h"

// The Store on RocksDB. Keys and values are in format.cc, how the database is opened and tuned in
// rocks_database.cc; this file says when they are written.
//
// Durability: one WriteBatch for each call of Commit(), across all column families, synced before
// it returns.

namespace forewarn {
namespace {

class RocksStore : public Store {
 public:
  explicit RocksStore(std::unique_ptr<RocksDatabase> database)
      : database_(std::move(database)),
        journal_(*database_),
        retention_(*database_),
        reader_(*database_) {}

  Status Load() {
    FW_RETURN_IF_ERROR(journal_.Load());
    return retention_.Load();
  }

  Status Commit(std::span<const forewarn::Commit> commits) override;
  Status Drop(const Retention& retention) override;
  Status Checkpoint(const std::string& dir) override;
  Figures Look() const override { return LookAt(*database_); }

  Status ReadJournal(uint32_t partition, uint64_t first,
                     const std::function<Status(const JournalItem&)>& visit) const override {
    return journal_.Read(partition, first, visit);
  }
  StatusOr<uint64_t> LastSequence(uint32_t partition) const override {
    FW_CHECK(partition < RocksJournal::kPartitionCount);
    return journal_.last_sequence(partition);
  }
  Status ReadState(uint32_t partition, StateKind kind,
                   const std::function<Status(std::string_view id, std::string_view record)>& visit)
      const override {
    return reader_.ReadState(partition, kind, visit);
  }
  StatusOr<std::string> GetState(uint32_t partition, StateKind kind,
                                 std::string_view id) const override {
    return reader_.GetState(partition, kind, id);
  }
  Status ReadSeries(uint32_t partition,
                    const std::function<Status(const NewSeries&)>& visit) const override {
    return reader_.ReadSeries(partition, visit);
  }
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to) const override {
    return reader_.ReadChunks(partition, id, from, to);
  }
  std::unique_ptr<const ChunkView> HoldChunks(uint32_t partition) const override {
    return reader_.HoldChunks(partition);
  }
  StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                 Timestamp first) const override {
    return reader_.ReadChunk(partition, id, first);
  }
  StatusOr<bool> HasChunk(uint32_t partition, SeriesId id, Timestamp first) const override {
    return reader_.HasChunk(partition, id, first);
  }
  StatusOr<Timestamp> SealedUntil(uint32_t partition) const override {
    FW_CHECK(partition < RocksJournal::kPartitionCount);
    return journal_.sealed_until(partition);
  }
  StatusOr<std::vector<Rollup>> ReadRollups(uint32_t partition, SeriesId id, Duration stretch,
                                            Timestamp from, Timestamp to) const override {
    return reader_.ReadRollups(partition, id, stretch, from, to);
  }
  Timestamp RawFrom(uint32_t partition) const override {
    FW_CHECK(partition < RocksJournal::kPartitionCount);
    return retention_.raw_from(partition);
  }
  StatusOr<std::vector<HistoryRow>> ReadHistory(uint32_t partition, std::string_view customer,
                                                Timestamp from, Timestamp to,
                                                size_t limit) const override {
    return reader_.ReadHistory(partition, customer, from, to, limit);
  }

  Status VisitHistory(uint32_t partition, std::string_view customer, Timestamp from, Timestamp to,
                      const std::function<bool(const HistoryRow&)>& visit) const override {
    return reader_.VisitHistory(partition, customer, from, to, visit);
  }

 private:
  // Returns the bytes that the journal takes of it.
  size_t AddToBatch(const forewarn::Commit& commit, uint32_t segment, rocksdb::WriteBatch& batch);

  // Fixed after opening.
  const std::unique_ptr<RocksDatabase> database_;

  // Changes.
  RocksJournal journal_;
  RocksRetention retention_;
  const RocksReader reader_;
  Status failure_;  // of the first Commit that failed; its caller's thread
};

Status RocksStore::Commit(std::span<const forewarn::Commit> commits) {
  // After a failure nobody knows what the disk holds; only opening it anew tells.
  if (!failure_.ok()) return failure_.With("an earlier write failed");
  FW_RETURN_IF_ERROR(
      CheckCommits(commits, [&](uint32_t partition) { return journal_.last_sequence(partition); }));
  StatusOr<uint32_t> segment = journal_.SegmentToWrite();
  if (!segment.ok()) return failure_ = segment.status();
  rocksdb::WriteBatch batch;
  size_t journal_bytes = 0;
  std::map<uint32_t, Timestamp> sealed_until;  // by partition, over all of its commits
  for (const forewarn::Commit& commit : commits) {
    if (commit.empty) continue;
    journal_bytes += AddToBatch(commit, *segment, batch);
    auto [it, first] =
        sealed_until.emplace(commit.partition, journal_.sealed_until(commit.partition));
    it->second = std::max(it->second, SealedUntilOf(commit));
  }
  for (const auto& [partition, until] : sealed_until) {
    if (until <= journal_.sealed_until(partition)) continue;
    std::string key = EncodeMetaKey(MetaKind::kSealedUntil, partition);
    FW_CHECK(batch.Put(database_->family(kMeta), key, EncodeMeta(MetaOfTime(until))).ok());
  }
  if (batch.Count() == 0) return OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  RocksRetention::WritingLock writing = retention_.Spare(commits);
  rocksdb::Status written = database_->db().Write(synced, &batch);
  writing.unlock();
  if (!written.ok()) return failure_ = database_->Outcome(written);
  journal_.Written(commits, journal_bytes);
  return OkStatus();
}

size_t RocksStore::AddToBatch(const forewarn::Commit& commit, uint32_t segment,
                              rocksdb::WriteBatch& batch) {
  uint32_t partition = commit.partition;
  auto put = [&](Family which, const std::string& key, std::string_view value) {
    FW_CHECK(batch.Put(database_->family(which), key, ToSlice(value)).ok());
  };
  std::string journal = journal_.Encode(commit);
  put(kJournal, EncodeKey(JournalKey{segment, partition, commit.sequence}), journal);
  put(kMeta, EncodeMetaKey(MetaKind::kLastSequence, partition), EncodeMeta(commit.sequence));
  for (const SeriesRow& row : EncodeSeriesRows(commit.new_series)) {
    put(kSeries, EncodeKey(SeriesKey{partition, row.first}), row.bytes);
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
      FW_CHECK(batch.Delete(database_->family(kState), key).ok());
    } else {
      put(kState, key, state.record);
    }
  }
  return journal.size();
}

Status RocksStore::Drop(const Retention& retention) {
  FW_RETURN_IF_ERROR(journal_.Drop(retention.journal_kept_from));
  return retention_.Drop(retention);
}

Status RocksStore::Checkpoint(const std::string& dir) {
  if (FileExists(dir)) {
    return AlreadyExists(fmt::format("{} exists; name a folder that does not", dir));
  }
  rocksdb::Checkpoint* made = nullptr;
  FW_RETURN_IF_ERROR(Translate(rocksdb::Checkpoint::Create(&database_->db(), &made), dir));
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return Translate(checkpoint->CreateCheckpoint(dir), dir);
}

}  // namespace

StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options) {
  return OpenStore(options, nullptr);
}

StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options,
                                           std::shared_ptr<rocksdb::FileSystem> files) {
  FW_ASSIGN_OR_RETURN(std::unique_ptr<RocksDatabase> database,
                      RocksDatabase::Open(options, std::move(files)));
  auto store = std::make_unique<RocksStore>(std::move(database));
  FW_RETURN_IF_ERROR(store->Load());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace forewarn
