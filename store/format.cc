#include "store/format.h"

#include <fmt/format.h>
#include <zstd.h>

#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/record.h"
#include "store/commit_check.h"

// The database is one RocksDB with these column families. Fixed-width numbers of keys are
// big-endian, so that they sort; `time` and `day` are signed and stored with the top bit flipped,
// so that those before 1970 come first. varint, signed, fixed64 and bytes are as in base/bytes.h.
//
//   family    key                                                   value
//   default   -                                                     empty, as RocksDB wants one
//   meta-1    u8(kind) u16(partition)                               varint(number)
//   journal   u32(segment) u16(partition) u64(sequence)             journal
//   series    u16(partition) u32(id)                                record of Labels
//   chunks    u64(day) u16(partition) u32(id) u64(time of first)    chunk
//   history   u64(day) u16(partition) u8(length) customer           row
//             u64(time) u64(sequence) u32(index)
//   state     u16(partition) u8(kind) id                            the record as given
//
//   day       := whole days since 1970, UTC, of the first or only time
//   journal   := u8(0) body | u8(1) varint(size of body) zstd-frame(body)
//   body      := bytes(entry) varint(count) ids times values
//   ids       := signed(difference to the one before, from 0) for each sample
//   times     := the same, in milliseconds
//   values    := fixed64(bits) for each sample
//   chunk     := varint(last - first, ms) varint(count) samples       samples: store/chunk.cc
//   row       := u8(kind) bytes(probe) record                         the record to the end
//
// The format's version is in the name of the family `meta-1`, so that it is known before anything
// is opened. Days and segments lead their keys, so that what is dropped by age is whole files. A
// segment is a stretch of the journal of all partitions; a new one starts when it has its size and
// whenever the database is opened, and within a partition sequences go on from one segment to the
// next.

namespace forewarn {
namespace {

constexpr size_t kCompressFrom = 128;               // smaller bodies gain nothing
constexpr uint64_t kBodyMax = uint64_t{256} << 20;  // a push is at most a few MiB
constexpr size_t kSampleBytesMin = 10;              // one for id and time each, eight for the value

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

Status DecodeSamples(Decoder& in, AppliedSamples& samples) {
  uint64_t count = in.Varint();
  if (in.failed() || count > in.remaining() / kSampleBytesMin) {
    return DataLoss("journal entry cut short or damaged");
  }
  samples.ids.reserve(count);
  samples.times.reserve(count);
  samples.values.reserve(count);
  uint64_t id = 0;
  for (uint64_t i = 0; i < count; ++i) {
    id += static_cast<uint64_t>(in.Signed());
    if (id > std::numeric_limits<SeriesId>::max()) in.Fail();
    samples.ids.push_back(static_cast<SeriesId>(id));
  }
  uint64_t at = 0;
  for (uint64_t i = 0; i < count; ++i) {
    at += static_cast<uint64_t>(in.Signed());
    samples.times.push_back(FromMillis(static_cast<int64_t>(at)));
  }
  for (uint64_t i = 0; i < count; ++i) samples.values.push_back(in.Double());
  return in.Finish("journal entry");
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

std::string EncodeJournal(std::string_view entry, const AppliedSamples& samples) {
  FW_CHECK(samples.times.size() == samples.size() && samples.values.size() == samples.size());
  Encoder body;
  body.Bytes(entry);
  body.Varint(samples.size());
  int64_t id = 0;
  for (SeriesId next : samples.ids) {
    body.Signed(next - id);
    id = next;
  }
  uint64_t at = 0;
  for (Timestamp next : samples.times) {
    body.Signed(static_cast<int64_t>(static_cast<uint64_t>(ToMillis(next)) - at));
    at = static_cast<uint64_t>(ToMillis(next));
  }
  for (double value : samples.values) body.Double(value);

  if (body.size() >= kCompressFrom) {
    std::string frame(ZSTD_compressBound(body.size()), '\0');
    size_t size = ZSTD_compress(frame.data(), frame.size(), body.str().data(), body.size(), 1);
    FW_CHECK(!ZSTD_isError(size));
    if (size < body.size()) {
      Encoder out;
      out.U8(1);
      out.Varint(body.size());
      out.Raw(std::string_view(frame).substr(0, size));
      return out.Take();
    }
  }
  Encoder out;
  out.U8(0);
  out.Raw(body.str());
  return out.Take();
}

StatusOr<Store::JournalItem> DecodeJournal(uint64_t sequence, std::string_view bytes) {
  Decoder in(bytes);
  std::string unpacked;
  switch (in.U8()) {
    case 0:
      if (in.failed()) return DataLoss("journal entry is empty");
      break;
    case 1: {
      uint64_t size = in.Varint();
      std::string_view frame = in.Rest();
      // The frame says its size too; believing only one of them would let few bad bytes ask for
      // much memory.
      if (size > kBodyMax || ZSTD_getFrameContentSize(frame.data(), frame.size()) != size ||
          ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
        return DataLoss("journal entry cut short or damaged");
      }
      unpacked.resize(size);
      if (ZSTD_decompress(unpacked.data(), size, frame.data(), frame.size()) != size) {
        return DataLoss("journal entry cut short or damaged");
      }
      in = Decoder(unpacked);
      break;
    }
    default: return DataLoss("journal entry of an unknown kind");
  }
  Store::JournalItem item;
  item.sequence = sequence;
  item.entry = std::string(in.Bytes());
  FW_RETURN_IF_ERROR(DecodeSamples(in, item.samples));
  return item;
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

std::string EncodeSeries(const Labels& labels) { return EncodeRecord(labels); }
StatusOr<Labels> DecodeSeries(std::string_view bytes) { return DecodeRecord<Labels>(bytes); }

std::string EncodeDay(int64_t day) {
  Encoder out;
  out.Key64(Biased(day));
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

}  // namespace forewarn
