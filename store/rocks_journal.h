#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/ids.h"
#include "store/journal_format.h"
#include "store/rocks_database.h"
#include "store/store.h"

namespace forewarn {

// The end of the last chunk that the commit seals; Timestamp::min() when it seals none.
Timestamp SealedUntilOf(const Commit& commit);

// RocksJournal knows where each partition's journal begins and ends, up to where samples are sealed,
// and what is written next. Thread-safe: one thread commits, any may read and drop.
//
// A segment is a stretch of the journal of all partitions and a table of its own. A volume is the
// segments in which samples are written as steps from earlier ones: it holds a tape (journal_format.h)
// for each partition. So it is read from its beginning on, wherever in it a reader wants to begin, and it is dropped
// whole, as files, once nothing in it is needed.
class RocksJournal {
 public:
  static constexpr uint32_t kPartitionCount = kPartitions + 1;

  // `database` is a loan that outlives it.
  explicit RocksJournal(const RocksDatabase& database) : database_(database) {}

  // Reads where the journals stand. Call once, first.
  Status Load();

  // The segment for the next write. Fails when the disk does, as a write would.
  StatusOr<uint32_t> SegmentToWrite();
  // What the journal says of a commit that is written there next. What is encoded must be written, and in
  // that order: each builds on the one before.
  std::string Encode(const Commit& commit);
  // What was written, now that it is durable; `bytes` of it are the journal's.
  void Written(std::span<const Commit> commits, size_t bytes);

  uint64_t last_sequence(uint32_t partition) const { return last_[partition].load(); }
  // See Store::SealedUntil().
  Timestamp sealed_until(uint32_t partition) const { return sealed_until_[partition].load(); }
  Status Read(uint32_t partition, uint64_t first,
              const std::function<Status(const Store::JournalItem&)>& visit) const;

  // Drops the volumes that hold only what is before `wanted_from`, by partition.
  Status Drop(std::span<const uint64_t> wanted_from);

 private:
  StatusOr<std::vector<uint32_t>> Segments() const;
  StatusOr<bool> SegmentIsDone(uint32_t segment) const;
  StatusOr<SeriesId> HighestStored(uint32_t partition) const;

  const RocksDatabase& database_;

  std::array<std::atomic<uint64_t>, kPartitionCount> last_{};           // by Written
  std::array<std::atomic<uint64_t>, kPartitionCount> kept_from_{};      // by Drop, before it drops
  std::array<std::atomic<Timestamp>, kPartitionCount> sealed_until_{};  // by Written
  // Of each partition's series; by Encode, so that no reader finds a sample of a higher one.
  std::array<std::atomic<SeriesId>, kPartitionCount> highest_series_{};
  std::mutex drop_mutex_;  // two may ask to Drop at once
  int drops_ = 0;          // since one of them ended a volume; guarded by drop_mutex_

  std::atomic<uint32_t> segment_ = 0;                  // by the writer, before it writes there
  std::atomic<uint64_t> volume_bytes_ = 0;             // by Written
  std::atomic<bool> end_volume_ = false;               // by Drop, for the writer
  uint64_t segment_bytes_ = 0;                         // by Written
  std::array<JournalEncoder, kPartitionCount> tapes_;  // of the volume; by the writer
};

}  // namespace forewarn
