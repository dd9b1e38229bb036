#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/rocks_database.h"
#include "store/store.h"

namespace forewarn {

// RocksReader answers the questions of Store about state, series, chunks and history, each from a
// consistent view. It has no state of its own; thread-safe.
class RocksReader {
 public:
  // `database` is a loan that outlives it.
  explicit RocksReader(const RocksDatabase& database) : database_(database) {}

  Status ReadState(
      uint32_t partition, StateKind kind,
      const std::function<Status(std::string_view id, std::string_view record)>& visit) const;
  StatusOr<std::string> GetState(uint32_t partition, StateKind kind, std::string_view id) const;
  Status ReadSeries(uint32_t partition, const std::function<Status(const NewSeries&)>& visit) const;
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to) const {
    return ReadChunks(partition, id, from, to, nullptr);
  }
  std::unique_ptr<const Store::ChunkView> HoldChunks(uint32_t partition) const;
  StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                 Timestamp first) const;
  StatusOr<bool> HasChunk(uint32_t partition, SeriesId id, Timestamp first) const;
  StatusOr<std::vector<Rollup>> ReadRollups(uint32_t partition, SeriesId id, Duration stretch,
                                            Timestamp from, Timestamp to) const;
  StatusOr<std::vector<HistoryRow>> ReadHistory(uint32_t partition, std::string_view customer,
                                                Timestamp from, Timestamp to, size_t limit) const;
  Status VisitHistory(uint32_t partition, std::string_view customer, Timestamp from, Timestamp to,
                      const std::function<bool(const HistoryRow&)>& visit) const;

 private:
  class HeldChunks;
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to, const rocksdb::Snapshot* then) const;

  const RocksDatabase& database_;
};

}  // namespace forewarn
