#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/status.h"
#include "model/ids.h"
#include "store/rocks_database.h"
#include "store/store.h"

namespace forewarn {

// The end of the last chunk that the commit seals; Timestamp::min() when it seals none.
Timestamp SealedUntilOf(const Commit& commit);

// RocksJournal knows where each partition's journal begins and ends, up to where samples are sealed,
// and which segment is written now. A segment is a stretch of the journal of all partitions and a table of its own; it is
// dropped whole, as a file, once nothing in it is needed. Thread-safe: one thread commits, any may read and drop.
class RocksJournal {
 public:
  static constexpr uint32_t kPartitionCount = kPartitions + 1;

  // `database` is a loan that outlives it.
  explicit RocksJournal(const RocksDatabase& database) : database_(database) {}

  // Reads where the journals stand. Call once, first.
  Status Load();

  // The segment for the next write. Fails when the disk does, as a write would.
  StatusOr<uint32_t> SegmentToWrite();
  // What was written, now that it is durable; `bytes` of it are the journal's.
  void Written(std::span<const Commit> commits, size_t bytes);

  uint64_t last_sequence(uint32_t partition) const { return last_[partition].load(); }
  // See Store::SealedUntil().
  Timestamp sealed_until(uint32_t partition) const { return sealed_until_[partition].load(); }
  Status Read(uint32_t partition, uint64_t first,
              const std::function<Status(const Store::JournalItem&)>& visit) const;

  // Drops the segments that hold only what is before `wanted_from`, by partition.
  Status Drop(std::span<const uint64_t> wanted_from);

 private:
  StatusOr<std::vector<uint32_t>> Segments() const;
  StatusOr<bool> SegmentIsDone(uint32_t segment) const;

  const RocksDatabase& database_;

  std::array<std::atomic<uint64_t>, kPartitionCount> last_{};           // by Written
  std::array<std::atomic<uint64_t>, kPartitionCount> kept_from_{};      // by Drop, before it drops
  std::array<std::atomic<Timestamp>, kPartitionCount> sealed_until_{};  // by Written
  std::mutex drop_mutex_;  // two may ask to Drop at once
  // By the writer and Drop; a commit may still go to the one before.
  std::atomic<uint32_t> segment_ = 0;
  std::atomic<uint64_t> segment_bytes_ = 0;
  uint32_t table_ = 0;  // the segment that the newest table holds; by the writer
};

}  // namespace forewarn
