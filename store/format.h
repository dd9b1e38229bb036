#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "store/store.h"

namespace forewarn {

// The bytes of the database: keys and values of every column family, with their grammar at the top
// of format.cc. Keys sort as their parts do, from left to right. Reading refuses what writing
// cannot have written, with kDataLoss or nothing. The journal's values are in journal_format.h.

// The version of all of it. A binary opens databases of its own version, brings older ones up to it
// (rocks_upgrade.cc), and refuses newer ones.
inline constexpr uint32_t kStoreFormat = 4;

struct JournalKey {
  uint32_t segment = 0;
  uint32_t partition = 0;
  uint64_t sequence = 0;
};
std::string EncodeKey(const JournalKey& key);
std::optional<JournalKey> DecodeJournalKey(std::string_view bytes);

struct SeriesKey {
  uint32_t partition = 0;
  SeriesId id = 0;  // of the first in the row: series_rows.h
};
std::string EncodeKey(const SeriesKey& key);
std::optional<SeriesKey> DecodeSeriesKey(std::string_view bytes);

struct ChunkKey {
  int64_t day = 0;  // StoredDayOf(first)
  uint32_t partition = 0;
  SeriesId id = 0;
  Timestamp first;
};
std::string EncodeKey(const ChunkKey& key);
std::optional<ChunkKey> DecodeChunkKey(std::string_view bytes);
std::string EncodeSealed(const SealedChunk& chunk);
StatusOr<SealedChunk> DecodeSealed(const ChunkKey& key, std::string_view bytes);

struct RollupKey {
  int64_t day = 0;
  uint8_t stretch = 0;  // which of kRollupStretches
  uint32_t partition = 0;
  SeriesId id = 0;
};
std::string EncodeKey(const RollupKey& key);
std::optional<RollupKey> DecodeRollupKey(std::string_view bytes);

struct HistoryKey {
  int64_t day = 0;  // StoredDayOf(at)
  uint32_t partition = 0;
  std::string customer;  // at most 255 bytes; longer ones are a bug of the caller
  Timestamp at;
  uint64_t sequence = 0;  // of the commit
  uint32_t index = 0;     // within it
};
std::string EncodeKey(const HistoryKey& key);
std::optional<HistoryKey> DecodeHistoryKey(std::string_view bytes);
std::string EncodeHistory(const HistoryRow& row);
StatusOr<HistoryRow> DecodeHistory(const HistoryKey& key, std::string_view bytes);

// What every key of a day starts with, for chunks, rollups and history alike.
std::string EncodeDay(int64_t day);
// The same with the partition, which is next in the keys of chunks and history.
std::string EncodeDayOf(int64_t day, uint32_t partition);
// The day of such a key.
std::optional<int64_t> DecodeDay(std::string_view key);

struct StateKey {
  uint32_t partition = 0;
  StateKind kind{};
  std::string id;
};
std::string EncodeKey(const StateKey& key);
std::optional<StateKey> DecodeStateKey(std::string_view bytes);

// A partition's numbers under `meta`.
enum class MetaKind : uint8_t {
  kLastSequence = 1,     // of the last commit
  kJournalKeptFrom = 2,  // the first journal sequence that has not been dropped
  kSealedUntil = 3,      // a time that no sample of a sealed chunk passes
  kRawFrom = 4,          // the days before this time were rolled up; of partition 0, for all
  // Of days before this time, series of the partition may have been rolled up before all were: what
  // the rollups of such a day tell is no longer in chunks, and chunks that there are, are in none.
  kRawFromOfSome = 5,
};
std::string EncodeMetaKey(MetaKind kind, uint32_t partition);
std::string EncodeMeta(uint64_t number);
StatusOr<uint64_t> DecodeMeta(std::string_view bytes);
// Times as such numbers; 0, which is no number at all, is Timestamp::min().
uint64_t MetaOfTime(Timestamp at);
Timestamp TimeOfMeta(uint64_t number);

}  // namespace forewarn
