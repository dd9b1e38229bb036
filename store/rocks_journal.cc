#include "store/rocks_journal.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "base/check.h"
#include "store/format.h"
#include "store/journal_format.h"

namespace forewarn {
namespace {

// A new segment starts when this is the table's, and, when old journal is dropped, beyond this.
constexpr uint64_t kSegmentBytesOnDrop = 4 << 20;

}  // namespace

Timestamp SealedUntilOf(const Commit& commit) {
  Timestamp until = Timestamp::min();
  for (const SealedChunk& chunk : commit.chunks) until = std::max(until, chunk.last);
  return until;
}

Status RocksJournal::Load() {
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    FW_ASSIGN_OR_RETURN(last_[partition], database_.Number(MetaKind::kLastSequence, partition));
    FW_ASSIGN_OR_RETURN(uint64_t kept, database_.Number(MetaKind::kJournalKeptFrom, partition));
    kept_from_[partition] = std::max<uint64_t>(kept, 1);
    FW_ASSIGN_OR_RETURN(uint64_t until, database_.Number(MetaKind::kSealedUntil, partition));
    sealed_until_[partition] = TimeOfMeta(until);
  }
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  segment_ = table_ = segments.empty() ? 1 : segments.back() + 1;
  return OkStatus();
}

StatusOr<uint32_t> RocksJournal::SegmentToWrite() {
  if (segment_bytes_ >= database_.journal_table_bytes()) {
    segment_bytes_ = 0;
    ++segment_;
  }
  const uint32_t segment = segment_;
  if (segment != table_) FW_RETURN_IF_ERROR(database_.EndTable(kJournal));
  table_ = segment;
  return segment;
}

void RocksJournal::Written(std::span<const Commit> commits, size_t bytes) {
  segment_bytes_ += bytes;
  for (const Commit& commit : commits) {
    if (commit.empty) continue;
    last_[commit.partition] = commit.sequence;
    auto& until = sealed_until_[commit.partition];
    until = std::max(until.load(), SealedUntilOf(commit));
  }
}

Status RocksJournal::Read(uint32_t partition, uint64_t first,
                          const std::function<Status(const Store::JournalItem&)>& visit) const {
  // What was committed by now is in the iterator's view; what is dropped after it was made still
  // is.
  uint64_t last = last_[partition];
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kJournal);
  uint64_t next = std::max(first, kept_from_[partition].load());
  JournalKey at{0, partition, next};
  for (it->Seek(EncodeKey(at)); it->Valid();) {
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("journal");
    if (key->partition != partition || key->sequence < next) {
      // On to this partition's next entry, in this segment or in a later one.
      bool passed = key->partition > partition;
      at = {passed ? key->segment + 1 : key->segment, partition, next};
      it->Seek(EncodeKey(at));
      continue;
    }
    std::string where = fmt::format("journal entry {} of partition {}", next, partition);
    if (key->sequence != next) return database_.Damaged(DataLoss("it is missing"), where);
    StatusOr<Store::JournalItem> item = DecodeJournal(key->sequence, ToView(it->value()));
    if (!item.ok()) return database_.Damaged(item.status(), where);
    FW_RETURN_IF_ERROR(visit(*item));
    ++next;
    it->Next();
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  if (next <= last) {
    return database_.Damaged(DataLoss("it is missing"),
                             fmt::format("journal entry {} of partition {}", next, partition));
  }
  return OkStatus();
}

StatusOr<std::vector<uint32_t>> RocksJournal::Segments() const {
  std::vector<uint32_t> result;
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kJournal);
  for (it->SeekToFirst(); it->Valid();) {
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("journal");
    result.push_back(key->segment);
    it->Seek(EncodeKey(JournalKey{key->segment + 1, 0, 0}));
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  return result;
}

// Whether nothing in the segment is needed any more.
StatusOr<bool> RocksJournal::SegmentIsDone(uint32_t segment) const {
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kJournal);
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    it->SeekForPrev(EncodeKey(JournalKey{segment, partition, UINT64_MAX}));
    FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
    if (!it->Valid()) continue;
    std::optional<JournalKey> key = DecodeJournalKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("journal");
    if (key->segment != segment || key->partition != partition) continue;
    if (key->sequence >= kept_from_[partition]) return false;
  }
  return true;
}

Status RocksJournal::Drop(std::span<const uint64_t> wanted_from) {
  FW_CHECK(wanted_from.size() == kPartitionCount);
  std::lock_guard lock(drop_mutex_);
  // First it is written down where each journal begins now; then nobody misses what goes, whenever
  // it goes.
  rocksdb::WriteBatch batch;
  std::array<uint64_t, kPartitionCount> kept_from{};
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    // A shard counts commits that are not durable yet; if they never are, their sequences come
    // again.
    kept_from[partition] = std::min(wanted_from[partition], last_[partition] + 1);
    if (kept_from[partition] <= kept_from_[partition]) continue;
    std::string key = EncodeMetaKey(MetaKind::kJournalKeptFrom, partition);
    FW_CHECK(batch.Put(database_.family(kMeta), key, EncodeMeta(kept_from[partition])).ok());
  }
  if (batch.Count() == 0) return OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write(synced, &batch)));
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    kept_from_[partition] = std::max(kept_from_[partition].load(), kept_from[partition]);
  }

  if (segment_bytes_ >= kSegmentBytesOnDrop) {
    segment_bytes_ = 0;
    ++segment_;
  }
  // Files alone: nobody reads what they leave, and a deletion of the rest would be a key of its own
  // that lies across the whole journal. What is not in a file yet, or in one with parts of a segment
  // that is needed, goes with a later call; therefore segments that follow each other go together.
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  std::vector<bool> done;
  for (uint32_t segment : segments) {
    // A commit that is on its way may still write to the segment before the newest.
    if (segment + 1 >= segment_) break;
    FW_ASSIGN_OR_RETURN(bool is_done, SegmentIsDone(segment));
    done.push_back(is_done);
  }
  for (size_t i = 0; i < done.size();) {
    size_t first = i++;
    if (!done[first]) continue;
    while (i < done.size() && done[i]) ++i;
    FW_RETURN_IF_ERROR(database_.DropFiles(kJournal, EncodeKey(JournalKey{segments[first], 0, 0}),
                                           EncodeKey(JournalKey{segments[i - 1] + 1, 0, 0})));
  }
  return OkStatus();
}

}  // namespace forewarn
