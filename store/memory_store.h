#pragma once

#include <memory>
#include <optional>

#include "store/store.h"

namespace forewarn {

// A Store in memory, for tests and the simulator: small and honest. What Commit() returned success
// for survives the death of whoever used it (the object is the disk); what it refused is gone.
class MemoryStore : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  // The next Commit fails with `status`; with `written`, it is durable all the same, as when the
  // machine dies between the write and the answer.
  void FailNextCommit(Status status, bool written);

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
  std::unique_ptr<const ChunkView> HoldChunks(uint32_t partition) const override;
  StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                 Timestamp first) const override;
  StatusOr<bool> HasChunk(uint32_t partition, SeriesId id, Timestamp first) const override;
  StatusOr<Timestamp> SealedUntil(uint32_t partition) const override;
  StatusOr<std::vector<Rollup>> ReadRollups(uint32_t partition, SeriesId id, Duration stretch,
                                            Timestamp from, Timestamp to) const override;
  Timestamp RawFrom(uint32_t partition) const override;
  StatusOr<std::vector<HistoryRow>> ReadHistory(uint32_t partition, std::string_view customer,
                                                Timestamp from, Timestamp to,
                                                size_t limit) const override;
  Status VisitHistory(uint32_t partition, std::string_view customer, Timestamp from, Timestamp to,
                      const std::function<bool(const HistoryRow&)>& visit) const override;
  Status Drop(const Retention& retention) override;
  Status Checkpoint(const std::string& dir) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
