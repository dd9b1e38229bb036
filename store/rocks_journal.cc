#include "store/rocks_journal.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/check.h"
#include "store/format.h"
#include "store/series_rows.h"

namespace forewarn {
namespace {

constexpr uint64_t kVolumeBytes = 64 << 20;       // a new volume starts beyond this
constexpr uint64_t kVolumeBytesOnDrop = 4 << 20;  // and, when old journal is dropped, beyond this
// Or at each such time, however little it holds: what is old must go.
constexpr int kVolumeDrops = 6;

// A key's segment is the volume's number and its own in the volume.
constexpr uint32_t kSegmentBits = 8;
uint32_t VolumeOf(uint32_t segment) { return segment >> kSegmentBits; }
uint32_t FirstSegment(uint32_t volume) { return volume << kSegmentBits; }

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
    FW_ASSIGN_OR_RETURN(highest_series_[partition], HighestStored(partition));
  }
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  segment_ = segments.empty() ? FirstSegment(1) : FirstSegment(VolumeOf(segments.back()) + 1);
  return OkStatus();
}

StatusOr<uint32_t> RocksJournal::SegmentToWrite() {
  const uint32_t segment = segment_, volume = VolumeOf(segment);
  uint32_t next = segment_bytes_ < database_.journal_table_bytes() ? segment : segment + 1;
  const bool asked_to_end = end_volume_.exchange(false);
  if (asked_to_end || volume_bytes_ >= kVolumeBytes) next = FirstSegment(volume + 1);
  if (next == segment) return segment;
  if (VolumeOf(next) != volume) {
    volume_bytes_ = 0;
    tapes_ = {};
  }
  segment_bytes_ = 0;
  segment_ = next;
  FW_RETURN_IF_ERROR(database_.EndTable(kJournal));
  return next;
}

std::string RocksJournal::Encode(const Commit& commit) {
  SeriesId highest = highest_series_[commit.partition];
  for (const NewSeries& series : commit.new_series) highest = std::max(highest, series.id);
  highest_series_[commit.partition] = highest;
  return tapes_[commit.partition].Encode(commit.entry, commit.samples, commit.chunks, highest);
}

void RocksJournal::Written(std::span<const Commit> commits, size_t bytes) {
  segment_bytes_ += bytes;
  volume_bytes_ += bytes;
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
  const uint64_t wanted = next;
  JournalDecoder decoder;
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
    const std::string_view value = ToView(it->value());
    if (next == wanted && !decoder.IsAt(next)) {  // on to where its tape begins
      StatusOr<uint64_t> before = EntriesBefore(value);
      if (before.ok() && *before >= next) before = DataLoss("it builds on more than there can be");
      if (!before.ok()) return database_.Damaged(before.status(), where);
      if (*before > 0) {
        next -= *before;
        at = {FirstSegment(VolumeOf(key->segment)), partition, next};
        it->Seek(EncodeKey(at));
        continue;
      }
    }
    StatusOr<Store::JournalItem> item =
        decoder.Decode(key->sequence, value, highest_series_[partition]);
    if (!item.ok()) return database_.Damaged(item.status(), where);
    if (next >= wanted) FW_RETURN_IF_ERROR(visit(*item));
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

StatusOr<SeriesId> RocksJournal::HighestStored(uint32_t partition) const {
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kSeries);
  it->SeekForPrev(EncodeKey(SeriesKey{partition, std::numeric_limits<SeriesId>::max()}));
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  if (!it->Valid()) return SeriesId{0};
  std::optional<SeriesKey> key = DecodeSeriesKey(ToView(it->key()));
  if (!key) return database_.DamagedKey("series");
  if (key->partition != partition) return SeriesId{0};
  StatusOr<std::vector<NewSeries>> row = DecodeSeriesRow(key->id, ToView(it->value()));
  if (!row.ok()) {
    return database_.Damaged(row.status(),
                             fmt::format("series {} of partition {}", key->id, partition));
  }
  return row->back().id;
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
  if (batch.Count() > 0) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    FW_RETURN_IF_ERROR(database_.Outcome(database_.db().Write(synced, &batch)));
  }
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    kept_from_[partition] = std::max(kept_from_[partition].load(), kept_from[partition]);
  }

  if (volume_bytes_ >= kVolumeBytesOnDrop || ++drops_ >= kVolumeDrops) {
    drops_ = 0;
    end_volume_ = true;
  }
  // Files alone: nobody reads what they leave, and a deletion of the rest would be a key of its own
  // that lies across the whole journal. What is not in a file yet, or in one with parts of a volume
  // that is needed, goes with a later call; therefore volumes that follow each other go together.
  //
  // Which volume is written is asked before the segments are listed: all that volumes before it will ever
  // hold is written by then, so the list has it. Asked after, a volume could have ended meanwhile with
  // a segment that the list has not.
  const uint32_t current = VolumeOf(segment_);
  FW_ASSIGN_OR_RETURN(std::vector<uint32_t> segments, Segments());
  std::map<uint32_t, bool> done;  // by volume
  for (uint32_t segment : segments) {
    const uint32_t volume = VolumeOf(segment);
    if (volume >= current) break;
    auto [it, first] = done.emplace(volume, true);
    if (!it->second) continue;
    FW_ASSIGN_OR_RETURN(it->second, SegmentIsDone(segment));
  }
  for (auto it = done.begin(); it != done.end();) {
    const uint32_t first = it->first;
    if (!it++->second) continue;
    uint32_t last = first;
    for (; it != done.end() && it->second; ++it) last = it->first;
    FW_RETURN_IF_ERROR(database_.DropFiles(kJournal,
                                           EncodeKey(JournalKey{FirstSegment(first), 0, 0}),
                                           EncodeKey(JournalKey{FirstSegment(last + 1), 0, 0})));
  }
  return OkStatus();
}

}  // namespace forewarn
