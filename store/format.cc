#include "store/format.h"

#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "store/commit_check.h"
#include "store/rollup.h"

// The database is one RocksDB with these column families. Fixed-width numbers of keys are
// big-endian, so that they sort; `time` and `day` are signed and stored with the top bit flipped,
// so that those before 1970 come first. varint, signed, fixed64 and bytes are as in base/bytes.h.
//
//   family    key                                                   value
//   default   -                                                     empty, as RocksDB wants one
//   meta-4    u8(kind) u16(partition)                               varint(number, or time)
//   journal   u32(segment) u16(partition) u64(sequence)             journal
//   series    u16(partition) u32(id of first)                       row of series
//   chunks    u64(day) u16(partition) u32(id) u64(time of first)    chunk
//   rollups   u64(day) u8(stretch) u16(partition) u32(id)           store/rollup.cc
//   history   u64(day) u16(partition) u8(length) customer           row
//             u64(time) u64(sequence) u32(index)
//   state     u16(partition) u8(kind) id                            the record as given
//
//   day       := whole days since 1970, UTC, of the first or only time
//   journal   :  store/journal_format.cc
//   row of series : store/series_rows.cc
//   chunk     := varint(last - first, ms) varint(count) samples       samples: store/chunk.cc
//   row       := u8(kind) bytes(probe) record                         the record to the end
//
// The format's version is in the name of the family `meta-4`, so that it is known before anything
// is opened. Format 1 differs in the values of the journal and in the kinds of chunks, formats 2 and
// 3 in the values of the journal, and all three in the rows of series; they are read as they are.
// Formats 1 and 2 do not tell up to where samples are sealed. Days and segments lead their keys, so
// that what is dropped by age is whole files. A segment is a stretch of the journal of all partitions; a new one starts when it has its
// size, and within a partition sequences go on from one segment to the next. The segments whose
// numbers have the same upper 24 bits are a volume, in which the entries of a partition may build on each other; a
// new one starts when it has its size and whenever the database is opened. Before format 4 no entry
// built on another, series had a row each, and there was no number of kind 5.

namespace forewarn {
namespace {

uint64_t Biased(int64_t v) { return static_cast<uint64_t>(v) ^ (uint64_t{1} << 63); }
int64_t Unbiased(uint64_t v) { return static_cast<int64_t>(v ^ (uint64_t{1} << 63)); }

uint16_t Partition16(uint32_t partition) {
  FW_CHECK(partition <= std::numeric_limits<uint16_t>::max());
  return static_cast<uint16_t>(partition);
}

template <typename Key>
std::optional<Key> Checked(const Decoder& in, Key key) {
  if (in.failed() || !in.done()) return std::nullopt;
  return key;
}

}  // namespace

std::string EncodeKey(const JournalKey& key) {
  Encoder out;
  out.Key32(key.segment);
  out.Key16(Partition16(key.partition));
  out.Key64(key.sequence);
  return out.Take();
}

std::optional<JournalKey> DecodeJournalKey(std::string_view bytes) {
  Decoder in(bytes);
  JournalKey key;
  key.segment = in.Key32();
  key.partition = in.Key16();
  key.sequence = in.Key64();
  return Checked(in, key);
}

std::string EncodeKey(const SeriesKey& key) {
  Encoder out;
  out.Key16(Partition16(key.partition));
  out.Key32(key.id);
  return out.Take();
}

std::optional<SeriesKey> DecodeSeriesKey(std::string_view bytes) {
  Decoder in(bytes);
  SeriesKey key;
  key.partition = in.Key16();
  key.id = in.Key32();
  return Checked(in, key);
}

std::string EncodeDay(int64_t day) {
  Encoder out;
  out.Key64(Biased(day));
  return out.Take();
}

std::string EncodeDayOf(int64_t day, uint32_t partition) {
  Encoder out;
  out.Key64(Biased(day));
  out.Key16(Partition16(partition));
  return out.Take();
}

std::optional<int64_t> DecodeDay(std::string_view key) {
  Decoder in(key);
  int64_t day = Unbiased(in.Key64());
  if (in.failed()) return std::nullopt;
  return day;
}

std::string EncodeKey(const ChunkKey& key) {
  Encoder out;
  out.Key64(Biased(key.day));
  out.Key16(Partition16(key.partition));
  out.Key32(key.id);
  out.Key64(Biased(ToMillis(key.first)));
  return out.Take();
}

std::optional<ChunkKey> DecodeChunkKey(std::string_view bytes) {
  Decoder in(bytes);
  ChunkKey key;
  key.day = Unbiased(in.Key64());
  key.partition = in.Key16();
  key.id = in.Key32();
  key.first = FromMillis(Unbiased(in.Key64()));
  if (StoredDayOf(key.first) != key.day) return std::nullopt;
  return Checked(in, key);
}

std::string EncodeSealed(const SealedChunk& chunk) {
  Encoder out;
  out.Varint(static_cast<uint64_t>((chunk.last - chunk.first).count()));
  out.Varint(chunk.count);
  out.Raw(chunk.bytes);
  return out.Take();
}

StatusOr<SealedChunk> DecodeSealed(const ChunkKey& key, std::string_view bytes) {
  Decoder in(bytes);
  uint64_t length = in.Varint();
  uint64_t count = in.Varint();
  if (in.failed() || length >= static_cast<uint64_t>(kStoredDay.count()) ||
      count > std::numeric_limits<uint32_t>::max()) {
    return DataLoss("chunk cut short or damaged");
  }
  SealedChunk chunk;
  chunk.id = key.id;
  chunk.first = key.first;
  // Unsigned, since the last day has an end that bad bytes could pass.
  chunk.last =
      FromMillis(static_cast<int64_t>(static_cast<uint64_t>(ToMillis(key.first)) + length));
  chunk.count = static_cast<uint32_t>(count);
  chunk.bytes = std::string(in.Rest());
  if (StoredDayOf(chunk.last) != key.day) return DataLoss("chunk crosses its day");
  return chunk;
}

std::string EncodeKey(const RollupKey& key) {
  Encoder out;
  out.Key64(Biased(key.day));
  out.U8(key.stretch);
  out.Key16(Partition16(key.partition));
  out.Key32(key.id);
  return out.Take();
}

std::optional<RollupKey> DecodeRollupKey(std::string_view bytes) {
  Decoder in(bytes);
  RollupKey key;
  key.day = Unbiased(in.Key64());
  key.stretch = in.U8();
  key.partition = in.Key16();
  key.id = in.Key32();
  if (key.stretch >= kRollupStretches.size()) return std::nullopt;
  return Checked(in, key);
}

std::string EncodeKey(const HistoryKey& key) {
  FW_CHECK(key.customer.size() <= 255);
  Encoder out;
  out.Key64(Biased(key.day));
  out.Key16(Partition16(key.partition));
  out.U8(static_cast<uint8_t>(key.customer.size()));
  out.Raw(key.customer);
  out.Key64(Biased(ToMillis(key.at)));
  out.Key64(key.sequence);
  out.Key32(key.index);
  return out.Take();
}

std::optional<HistoryKey> DecodeHistoryKey(std::string_view bytes) {
  Decoder in(bytes);
  HistoryKey key;
  key.day = Unbiased(in.Key64());
  key.partition = in.Key16();
  key.customer = std::string(in.Raw(in.U8()));
  key.at = FromMillis(Unbiased(in.Key64()));
  key.sequence = in.Key64();
  key.index = in.Key32();
  if (StoredDayOf(key.at) != key.day) return std::nullopt;
  return Checked(in, std::move(key));
}

std::string EncodeHistory(const HistoryRow& row) {
  Encoder out;
  out.U8(static_cast<uint8_t>(row.kind));
  out.Bytes(row.probe);
  out.Raw(row.record);
  return out.Take();
}

StatusOr<HistoryRow> DecodeHistory(const HistoryKey& key, std::string_view bytes) {
  Decoder in(bytes);
  HistoryRow row;
  row.kind = static_cast<HistoryKind>(in.U8());
  row.customer = key.customer;
  row.probe = std::string(in.Bytes());
  row.at = key.at;
  if (in.failed()) return DataLoss("history row cut short or damaged");
  row.record = std::string(in.Rest());
  return row;
}

std::string EncodeKey(const StateKey& key) {
  Encoder out;
  out.Key16(Partition16(key.partition));
  out.U8(static_cast<uint8_t>(key.kind));
  out.Raw(key.id);
  return out.Take();
}

std::optional<StateKey> DecodeStateKey(std::string_view bytes) {
  Decoder in(bytes);
  StateKey key;
  key.partition = in.Key16();
  key.kind = static_cast<StateKind>(in.U8());
  if (in.failed()) return std::nullopt;
  key.id = std::string(in.Rest());
  return key;
}

std::string EncodeMetaKey(MetaKind kind, uint32_t partition) {
  Encoder out;
  out.U8(static_cast<uint8_t>(kind));
  out.Key16(Partition16(partition));
  return out.Take();
}

std::string EncodeMeta(uint64_t number) {
  Encoder out;
  out.Varint(number);
  return out.Take();
}

StatusOr<uint64_t> DecodeMeta(std::string_view bytes) {
  Decoder in(bytes);
  uint64_t number = in.Varint();
  FW_RETURN_IF_ERROR(in.Finish("meta record"));
  return number;
}

uint64_t MetaOfTime(Timestamp at) { return Biased(ToMillis(at)); }
Timestamp TimeOfMeta(uint64_t number) { return FromMillis(Unbiased(number)); }

}  // namespace forewarn
