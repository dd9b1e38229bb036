#include "store/journal_format.h"

#include <zstd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "store/decimal.h"

// journal := u8(6) varint(before) body | u8(7) varint(before) varint(size of body) zstd-frame(body)
//            before: the sequence - that of the tape's first entry, which is 0 in that one
// body    := bytes(entry) samples varint(number of seals) seal*
// samples := u8(0) varint(number of blocks) bytes(block)*
//            at most 16 Mi samples together
//          | u8(1) columns
//            when PackedSamples cannot hold the times or so many, or a series is not stored
// block   := PackedSamples, as in proto/forewarn/v1/ingest.proto; a reference is a series' id, and the
//            tape is the stream
// columns := varint(count) ids times values
// ids     := (signed(id - the one after the run before, from 0) varint(length))*
//            each length is the number of samples whose ids go on by one
// times   := (signed(time - that of the run before, from 0, ms) varint(length))*
//            each length is the number of samples with this time
// values  := for each sample varint(zigzag(integer) << 4 | exponent), the value being integer /
//            10^exponent where that is exact to the bit, |integer| < 2^53 and exponent <= 9; else
//            u8(15) fixed64(bits)
// seal    := varint(samples of this entry before it - those before the last seal) varint(id)
//            signed(first, ms) varint(last - first)
//
// varint, signed, fixed64 and bytes are as in base/bytes.h. The lengths of ids and of times add up
// to count.
//
// Older formats are read and not written any more. They have no tapes. Format 3 begins with 4 or 5
// and has no `before`; its samples are columns, without the u8. Format 2 begins with 2 or 3 and is
// the same, but that the number of samples before each seal is always 0, which tells nothing. Format 1
// begins with 0 or 1, has signed(difference) for each id and each time and fixed64(bits) for each
// value, and no seals.

namespace forewarn {
namespace {

enum Kind : uint8_t {
  kPlain1 = 0,
  kPacked1 = 1,
  kPlain2 = 2,
  kPacked2 = 3,
  kPlain3 = 4,
  kPacked3 = 5,
  kPlain = 6,
  kPacked = 7
};
enum Form : uint8_t { kSteps = 0, kColumns = 1 };
bool IsCompressed(uint8_t kind) { return kind % 2 == 1; }

constexpr size_t kCompressFrom = 128;  // smaller bodies gain nothing
// More than any commit holds: at most 16 Mi samples (HeadOptions::commit_samples; the largest batch
// that a setting allows is 64 MiB, which is fewer) of 26 bytes here, with 24 for the chunk that each may
// seal, those that Head::SealBefore() seals beside them, and 64 MiB for the entry itself.
constexpr uint64_t kBodyMax = uint64_t{1} << 30;
// Of one entry: more than any commit holds, and what bounds the memory that few bytes can ask for.
constexpr size_t kSamplesMax = size_t{16} << 20;
constexpr size_t kSampleBytesMin1 = 10;  // one for id and time each, eight for the value
constexpr int kRaw = 15;

Status Damaged() { return DataLoss("journal entry cut short or damaged"); }

// Tries the exponent that the value before had first: in a batch neighbours are alike.
void EncodeValue(double value, int& exponent, Encoder& out) {
  for (int tried = 0; tried <= kDecimalExponentMax; ++tried) {
    int next = (exponent + tried) % (kDecimalExponentMax + 1);
    std::optional<int64_t> integer = ToDecimal(value, next);
    if (!integer) continue;
    exponent = next;
    return out.Varint(ZigZag(static_cast<uint64_t>(*integer)) << 4 |
                      static_cast<uint64_t>(exponent));
  }
  out.U8(kRaw);
  out.Double(value);
}

void EncodeSeals(const AppliedSamples& samples, std::span<const SealedChunk> sealed, Encoder& out) {
  out.Varint(sealed.size());
  uint32_t after = 0;
  for (const SealedChunk& chunk : sealed) {
    FW_CHECK(chunk.after >= after && chunk.after <= samples.size());
    out.Varint(chunk.after - after);
    after = chunk.after;
    out.Varint(chunk.id);
    out.Signed(ToMillis(chunk.first));
    out.Varint(static_cast<uint64_t>((chunk.last - chunk.first).count()));
  }
}

bool FitSteps(const AppliedSamples& samples, SeriesId highest) {
  auto is_known = [&](SeriesId id) { return id <= highest; };
  auto fits = [](Timestamp at) { return ToMillis(at) >= 0 && ToMillis(at) <= kPackedTimeMaxMs; };
  return samples.size() <= kSamplesMax && std::ranges::all_of(samples.ids, is_known) &&
         std::ranges::all_of(samples.times, fits);
}

void EncodeSteps(StreamEncoder& steps, const AppliedSamples& samples, Encoder& out) {
  constexpr size_t kMax = kPackedSamplesMax;
  out.Varint((samples.size() + kMax - 1) / kMax);
  std::string block;
  for (size_t first = 0; first < samples.size(); first += kMax) {
    const size_t count = std::min(kMax, samples.size() - first);
    block.clear();
    steps.Encode(std::span(samples.ids).subspan(first, count),
                 std::span(samples.times).subspan(first, count),
                 std::span(samples.values).subspan(first, count), block);
    out.Bytes(block);
  }
}

void EncodeColumns(const AppliedSamples& samples, Encoder& out) {
  out.Varint(samples.size());
  int64_t next_id = 0;
  for (size_t i = 0; i < samples.size();) {
    size_t first = i++;
    while (i < samples.size() && samples.ids[i] == samples.ids[first] + (i - first)) ++i;
    out.Signed(samples.ids[first] - next_id);
    out.Varint(i - first);
    next_id = int64_t{samples.ids[i - 1]} + 1;
  }
  uint64_t at = 0;
  for (size_t i = 0; i < samples.size();) {
    size_t first = i++;
    while (i < samples.size() && samples.times[i] == samples.times[first]) ++i;
    auto time = static_cast<uint64_t>(ToMillis(samples.times[first]));
    out.Signed(static_cast<int64_t>(time - at));
    out.Varint(i - first);
    at = time;
  }
  int exponent = 0;
  for (double value : samples.values) EncodeValue(value, exponent, out);
}

bool DecodeIds(Decoder& in, uint64_t count, std::vector<SeriesId>& ids) {
  ids.reserve(count);
  uint64_t next = 0;
  while (ids.size() < count) {
    next += static_cast<uint64_t>(in.Signed());
    uint64_t run = in.Varint();
    if (in.failed() || run == 0 || run > count - ids.size()) return false;
    if (next > std::numeric_limits<SeriesId>::max() ||
        next + (run - 1) > std::numeric_limits<SeriesId>::max()) {
      return false;
    }
    for (; run > 0; --run) ids.push_back(static_cast<SeriesId>(next++));
  }
  return true;
}

bool DecodeTimes(Decoder& in, uint64_t count, std::vector<Timestamp>& times) {
  times.reserve(count);
  uint64_t at = 0;
  while (times.size() < count) {
    at += static_cast<uint64_t>(in.Signed());
    uint64_t run = in.Varint();
    if (in.failed() || run == 0 || run > count - times.size()) return false;
    times.insert(times.end(), run, FromMillis(static_cast<int64_t>(at)));
  }
  return true;
}

bool DecodeValues(Decoder& in, uint64_t count, std::vector<double>& values) {
  values.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t code = in.Varint();
    auto exponent = static_cast<int>(code & 15);
    if (exponent == kRaw) {
      values.push_back(in.Double());
    } else {
      if (exponent > kDecimalExponentMax) return false;
      values.push_back(FromDecimal(static_cast<int64_t>(UnZigZag(code >> 4)), exponent));
    }
  }
  return !in.failed();
}

bool DecodeSeals(Decoder& in, uint64_t count, std::vector<Store::JournalItem::Seal>& seals) {
  uint64_t after = 0;
  for (uint64_t left = in.Varint(); left > 0; --left) {
    uint64_t more = in.Varint();
    uint64_t id = in.Varint();
    int64_t first = in.Signed();
    uint64_t length = in.Varint();
    uint64_t room =
        static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) - static_cast<uint64_t>(first);
    if (in.failed() || more > count - after || id > std::numeric_limits<SeriesId>::max() ||
        length > room) {
      return false;
    }
    after += more;
    seals.push_back({static_cast<uint32_t>(after), static_cast<SeriesId>(id), FromMillis(first),
                     FromMillis(static_cast<int64_t>(static_cast<uint64_t>(first) + length))});
  }
  return !in.failed() && in.done();
}

bool DecodeSteps(Decoder& in, StreamDecoder& steps, SeriesId highest, AppliedSamples& samples) {
  SampleBlock block;
  for (uint64_t left = in.Varint(); left > 0; --left) {
    std::string_view bytes = in.Bytes();
    if (in.failed() || block.refs.size() > kSamplesMax - kPackedSamplesMax) return false;
    if (!steps.Decode(bytes, size_t{highest} + 1, block).ok()) return false;
  }
  samples.ids = std::move(block.refs);
  samples.times = std::move(block.times);
  samples.values = std::move(block.values);
  return true;
}

bool DecodeColumns(Decoder& in, AppliedSamples& samples) {
  uint64_t count = in.Varint();
  if (in.failed() || count > in.remaining()) return false;  // a value is a byte at least
  return DecodeIds(in, count, samples.ids) && DecodeTimes(in, count, samples.times) &&
         DecodeValues(in, count, samples.values);
}

bool DecodeBody(Decoder& in, StreamDecoder& steps, SeriesId highest, Store::JournalItem& item) {
  item.entry = std::string(in.Bytes());
  const uint8_t form = in.U8();
  if (in.failed() || form > kColumns) return false;
  const bool whole = form == kSteps ? DecodeSteps(in, steps, highest, item.samples)
                                    : DecodeColumns(in, item.samples);
  return whole && DecodeSeals(in, item.samples.size(), item.seals.emplace());
}

bool DecodeBody3(Decoder& in, Store::JournalItem& item) {
  item.entry = std::string(in.Bytes());
  return DecodeColumns(in, item.samples) &&
         DecodeSeals(in, item.samples.size(), item.seals.emplace());
}

bool DecodeBody1(Decoder& in, Store::JournalItem& item) {
  item.entry = std::string(in.Bytes());
  AppliedSamples& samples = item.samples;
  uint64_t count = in.Varint();
  if (in.failed() || count > in.remaining() / kSampleBytesMin1) return false;
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
  return !in.failed() && in.done();
}

// The frame says its size too; believing only one of them would let few bad bytes ask for much
// memory.
bool Unpack(Decoder& in, std::string& body) {
  uint64_t size = in.Varint();
  std::string_view frame = in.Rest();
  if (size > kBodyMax || ZSTD_getFrameContentSize(frame.data(), frame.size()) != size ||
      ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
    return false;
  }
  body.resize(size);
  return ZSTD_decompress(body.data(), size, frame.data(), frame.size()) == size;
}

}  // namespace

std::string JournalEncoder::Encode(std::string_view entry, const AppliedSamples& samples,
                                   std::span<const SealedChunk> sealed, SeriesId highest) {
  FW_CHECK(samples.times.size() == samples.size() && samples.values.size() == samples.size());
  const bool steps = FitSteps(samples, highest);
  const uint64_t before = entries_++;
  Encoder body;
  body.Bytes(entry);
  body.U8(steps ? kSteps : kColumns);
  if (steps) {
    EncodeSteps(samples_, samples, body);
  } else {
    EncodeColumns(samples, body);
  }
  EncodeSeals(samples, sealed, body);
  FW_CHECK(body.size() <= kBodyMax);  // what cannot be read back is never acknowledged
  Encoder out;
  if (body.size() >= kCompressFrom) {
    std::string frame(ZSTD_compressBound(body.size()), '\0');
    size_t size = ZSTD_compress(frame.data(), frame.size(), body.str().data(), body.size(), 1);
    FW_CHECK(!ZSTD_isError(size));
    if (size < body.size()) {
      out.U8(kPacked);
      out.Varint(before);
      out.Varint(body.size());
      out.Raw(std::string_view(frame).substr(0, size));
      return out.Take();
    }
  }
  out.U8(kPlain);
  out.Varint(before);
  out.Raw(body.str());
  return out.Take();
}

StatusOr<uint64_t> EntriesBefore(std::string_view bytes) {
  Decoder in(bytes);
  uint64_t before = in.U8() < kPlain ? 0 : in.Varint();
  if (in.failed()) return Damaged();
  return before;
}

StatusOr<Store::JournalItem> JournalDecoder::Decode(uint64_t sequence, std::string_view bytes,
                                                    SeriesId highest) {
  Decoder in(bytes);
  uint8_t kind = in.U8();
  if (in.failed()) return DataLoss("journal entry is empty");
  if (kind > kPacked) return DataLoss("journal entry of an unknown kind");
  if (kind >= kPlain) {
    uint64_t before = in.Varint();
    if (in.failed()) return Damaged();
    if (before == 0) {
      samples_ = StreamDecoder();
      first_ = sequence;
    } else if (first_ == 0 || !IsAt(sequence) || sequence - first_ != before) {
      return DataLoss("journal entry does not go on from the one before it");
    }
  } else {
    first_ = 0;
  }
  next_ = sequence + 1;
  std::string body;
  if (IsCompressed(kind)) {
    if (!Unpack(in, body)) return Damaged();
    in = Decoder(body);
  }
  Store::JournalItem item;
  item.sequence = sequence;
  bool whole = kind >= kPlain    ? DecodeBody(in, samples_, highest, item)
               : kind > kPacked1 ? DecodeBody3(in, item)
                                 : DecodeBody1(in, item);
  if (!whole) return Damaged();
  if (kind <= kPacked2) item.seals.reset();
  return item;
}

}  // namespace forewarn
