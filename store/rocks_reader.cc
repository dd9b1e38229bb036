#include "store/rocks_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "store/commit_check.h"
#include "store/format.h"
#include "store/series_rows.h"

namespace forewarn {

Status RocksReader::ReadState(
    uint32_t partition, StateKind kind,
    const std::function<Status(std::string_view id, std::string_view record)>& visit) const {
  std::string prefix = EncodeKey(StateKey{partition, kind, ""});
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kState);
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    FW_RETURN_IF_ERROR(visit(ToView(it->key()).substr(prefix.size()), ToView(it->value())));
  }
  return database_.Outcome(it->status());
}

StatusOr<std::string> RocksReader::GetState(uint32_t partition, StateKind kind,
                                            std::string_view id) const {
  std::string record;
  rocksdb::Status got =
      database_.db().Get(rocksdb::ReadOptions(), database_.family(kState),
                         EncodeKey(StateKey{partition, kind, std::string(id)}), &record);
  if (got.IsNotFound()) return NoSuchRecord(partition, kind, id);
  if (!got.ok()) return database_.Outcome(got);
  return record;
}

Status RocksReader::ReadSeries(uint32_t partition,
                               const std::function<Status(const NewSeries&)>& visit) const {
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kSeries);
  for (it->Seek(EncodeKey(SeriesKey{partition, 0})); it->Valid(); it->Next()) {
    std::optional<SeriesKey> key = DecodeSeriesKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("series");
    if (key->partition != partition) break;
    StatusOr<std::vector<NewSeries>> row = DecodeSeriesRow(key->id, ToView(it->value()));
    if (!row.ok()) {
      return database_.Damaged(row.status(),
                               fmt::format("series {} of partition {}", key->id, partition));
    }
    for (const NewSeries& series : *row) FW_RETURN_IF_ERROR(visit(series));
  }
  return database_.Outcome(it->status());
}

class RocksReader::HeldChunks : public Store::ChunkView {
 public:
  HeldChunks(const RocksDatabase& database, uint32_t partition)
      : database_(database), partition_(partition), then_(database.db().GetSnapshot()) {}
  ~HeldChunks() override { database_.db().ReleaseSnapshot(then_); }

  StatusOr<std::vector<SealedChunk>> ReadChunks(SeriesId id, Timestamp from,
                                                Timestamp to) const override {
    return RocksReader(database_).ReadChunks(partition_, id, from, to, then_);
  }

 private:
  const RocksDatabase& database_;
  const uint32_t partition_;
  const rocksdb::Snapshot* const then_;
};

std::unique_ptr<const Store::ChunkView> RocksReader::HoldChunks(uint32_t partition) const {
  return std::make_unique<HeldChunks>(database_, partition);
}

StatusOr<std::vector<SealedChunk>> RocksReader::ReadChunks(uint32_t partition, SeriesId id,
                                                           Timestamp from, Timestamp to,
                                                           const rocksdb::Snapshot* then) const {
  std::vector<SealedChunk> result;
  if (from > to) return result;
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kChunks, then);
  int64_t day = StoredDayOf(from);
  auto seek = [&] { it->Seek(EncodeKey(ChunkKey{day, partition, id, Timestamp::min()})); };
  for (seek(); it->Valid();) {
    std::optional<ChunkKey> key = DecodeChunkKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("chunks");
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
      return database_.Damaged(chunk.status(),
                               fmt::format("series {} of partition {}", id, partition));
    }
    if (chunk->last >= from) result.push_back(*std::move(chunk));
    it->Next();
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  return result;
}

StatusOr<std::optional<SealedChunk>> RocksReader::ReadChunk(uint32_t partition, SeriesId id,
                                                            Timestamp first) const {
  ChunkKey key{StoredDayOf(first), partition, id, first};
  rocksdb::PinnableSlice value;
  rocksdb::Status got = database_.db().Get({}, database_.family(kChunks), EncodeKey(key), &value);
  if (got.IsNotFound()) return std::optional<SealedChunk>();
  if (!got.ok()) return database_.Outcome(got);
  StatusOr<SealedChunk> chunk = DecodeSealed(key, ToView(value));
  if (chunk.ok()) return std::optional(*std::move(chunk));
  return database_.Damaged(chunk.status(), fmt::format("series {} of partition {}", id, partition));
}

StatusOr<bool> RocksReader::HasChunk(uint32_t partition, SeriesId id, Timestamp first) const {
  rocksdb::PinnableSlice value;
  rocksdb::Status got =
      database_.db().Get({}, database_.family(kChunks),
                         EncodeKey(ChunkKey{StoredDayOf(first), partition, id, first}), &value);
  if (got.IsNotFound()) return false;
  if (!got.ok()) return database_.Outcome(got);
  return true;
}

StatusOr<std::vector<Rollup>> RocksReader::ReadRollups(uint32_t partition, SeriesId id,
                                                       Duration stretch, Timestamp from,
                                                       Timestamp to) const {
  auto kind = std::find(kRollupStretches.begin(), kRollupStretches.end(), stretch);
  FW_CHECK(kind != kRollupStretches.end());
  std::vector<Rollup> result;
  if (from > to) return result;
  RollupKey at{StoredDayOf(from), static_cast<uint8_t>(kind - kRollupStretches.begin()), partition,
               id};
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kRollups);
  for (it->Seek(EncodeKey(at)); it->Valid(); it->Seek(EncodeKey(at))) {
    std::optional<RollupKey> key = DecodeRollupKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("rollups");
    if (key->day > StoredDayOf(to)) break;
    auto place = std::tuple(key->stretch, key->partition, key->id);
    auto wanted = std::tuple(at.stretch, partition, id);
    if (place == wanted) {
      Status read = DecodeRollups(ToView(it->value()), result);
      if (!read.ok()) {
        return database_.Damaged(read, fmt::format("series {} of partition {}", id, partition));
      }
    }
    // Days without this series are stepped over: to the day we landed in, or past it.
    at.day = place < wanted ? key->day : key->day + 1;
  }
  FW_RETURN_IF_ERROR(database_.Outcome(it->status()));
  std::erase_if(result,
                [&](const Rollup& rollup) { return rollup.last.at < from || rollup.last.at > to; });
  return result;
}

StatusOr<std::vector<HistoryRow>> RocksReader::ReadHistory(uint32_t partition,
                                                           std::string_view customer,
                                                           Timestamp from, Timestamp to,
                                                           size_t limit) const {
  std::vector<HistoryRow> result;
  if (limit == 0) return result;
  FW_RETURN_IF_ERROR(VisitHistory(partition, customer, from, to, [&](const HistoryRow& row) {
    result.push_back(row);
    return result.size() < limit;
  }));
  std::reverse(result.begin(), result.end());
  return result;
}

// From the newest backwards, so that a limit stops the reading.
Status RocksReader::VisitHistory(uint32_t partition, std::string_view customer, Timestamp from,
                                 Timestamp to,
                                 const std::function<bool(const HistoryRow&)>& visit) const {
  if (from > to) return OkStatus();
  std::unique_ptr<rocksdb::Iterator> it = database_.Iterate(kHistory);
  HistoryKey at{StoredDayOf(to), partition, std::string(customer), to, UINT64_MAX, UINT32_MAX};
  auto seek = [&] { it->SeekForPrev(EncodeKey(at)); };
  for (seek(); it->Valid();) {
    std::optional<HistoryKey> key = DecodeHistoryKey(ToView(it->key()));
    if (!key) return database_.DamagedKey("history");
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
      return database_.Damaged(row.status(),
                               fmt::format("history of {} in partition {}", customer, partition));
    }
    if (!visit(*row)) break;
    it->Prev();
  }
  return database_.Outcome(it->status());
}

}  // namespace forewarn
