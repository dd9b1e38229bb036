#include "store/journal_format.h"

#include <zstd.h>

#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "store/decimal.h"

// journal := u8(4) body | u8(5) varint(size of body) zstd-frame(body)
// body    := bytes(entry) varint(count) ids times values varint(number of seals) seal*
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
// Older formats are read and not written any more. Format 2 begins with 2 or 3 instead of 4 or 5;
// the number of samples before each seal is always 0, which tells nothing. Format 1 begins with 0
// or 1, has signed(difference) for each id and each time and fixed64(bits) for each value, and no
// seals.

namespace forewarn {
namespace {

enum Kind : uint8_t {
  kPlain1 = 0,
  kPacked1 = 1,
  kPlain2 = 2,
  kPacked2 = 3,
  kPlain = 4,
  kPacked = 5
};

constexpr size_t kCompressFrom = 128;  // smaller bodies gain nothing
// More than any commit holds: at most 16 Mi samples (HeadOptions::commit_samples; the largest batch
// that a setting allows is 64 MiB, which is fewer) of 26 bytes here, with 24 for the chunk that each may
// seal, those that Head::SealBefore() seals beside them, and 64 MiB for the entry itself.
constexpr uint64_t kBodyMax = uint64_t{1} << 30;
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

void EncodeBody(std::string_view entry, const AppliedSamples& samples,
                std::span<const SealedChunk> sealed, Encoder& out) {
  out.Bytes(entry);
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

bool DecodeBody(Decoder& in, Store::JournalItem& item) {
  item.entry = std::string(in.Bytes());
  uint64_t count = in.Varint();
  if (in.failed() || count > in.remaining()) return false;  // a value is a byte at least
  return DecodeIds(in, count, item.samples.ids) && DecodeTimes(in, count, item.samples.times) &&
         DecodeValues(in, count, item.samples.values) &&
         DecodeSeals(in, count, item.seals.emplace());
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

std::string EncodeJournal(std::string_view entry, const AppliedSamples& samples,
                          std::span<const SealedChunk> sealed) {
  FW_CHECK(samples.times.size() == samples.size() && samples.values.size() == samples.size());
  Encoder body;
  EncodeBody(entry, samples, sealed, body);
  FW_CHECK(body.size() <= kBodyMax);  // what cannot be read back is never acknowledged
  if (body.size() >= kCompressFrom) {
    std::string frame(ZSTD_compressBound(body.size()), '\0');
    size_t size = ZSTD_compress(frame.data(), frame.size(), body.str().data(), body.size(), 1);
    FW_CHECK(!ZSTD_isError(size));
    if (size < body.size()) {
      Encoder out;
      out.U8(kPacked);
      out.Varint(body.size());
      out.Raw(std::string_view(frame).substr(0, size));
      return out.Take();
    }
  }
  Encoder out;
  out.U8(kPlain);
  out.Raw(body.str());
  return out.Take();
}

StatusOr<Store::JournalItem> DecodeJournal(uint64_t sequence, std::string_view bytes) {
  Decoder in(bytes);
  uint8_t kind = in.U8();
  if (in.failed()) return DataLoss("journal entry is empty");
  if (kind > kPacked) return DataLoss("journal entry of an unknown kind");
  std::string body;
  if (kind == kPacked || kind == kPacked2 || kind == kPacked1) {
    if (!Unpack(in, body)) return Damaged();
    in = Decoder(body);
  }
  Store::JournalItem item;
  item.sequence = sequence;
  bool whole = kind <= kPacked1 ? DecodeBody1(in, item) : DecodeBody(in, item);
  if (!whole) return Damaged();
  if (kind <= kPacked2) item.seals.reset();
  return item;
}

}  // namespace forewarn
