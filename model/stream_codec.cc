#include "model/stream_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/check.h"

// The grammar is in proto/forewarn/v1/ingest.proto, at PackedSamples; here is how it is written and read.
//
// The encoder chooses: it stays with a series' scale while that is exact, looks for another when it is
// not, and sends the double's own bits when there is none. The decoder takes any choice.

namespace forewarn {
namespace {

constexpr uint8_t kFormat = 1;

// A value is number / kDivisors[scale], rounded once: the decimals, then whole sectors and pages. A division
// by a power of two is exact.
constexpr std::array<double, 15> kDivisors = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1.0 / 512.0, 1.0 / 4096.0};
constexpr uint8_t kScales = kDivisors.size();
constexpr uint8_t kDecimals = 13;  // those before it
constexpr uint8_t kSectors = 13;
constexpr uint8_t kPages = 14;
constexpr uint8_t kFloat = 255;  // `number` holds the bits of a double

// The two lowest bits of a token; a difference has only one.
constexpr uint64_t kUnchanged = 1;
constexpr uint64_t kEscape = 3;
// What an escape carries beside the scales.
constexpr uint64_t kLowBytes = 16;   // + n - 1: the n low bytes of the changed bits, 1 to 8
constexpr uint64_t kHighBytes = 24;  // + n - 1: the n high bytes, 1 to 7
constexpr uint64_t kEscapes = 31;

// Below it sectors and pages are not worth a scale of their own.
constexpr double kCoarseFrom = 1 << 20;
// Beyond it not every integer is a double.
constexpr double kExactMax = 9007199254740992.0;

uint64_t Zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
// Differences wrap around, so that no foreign one is beyond what a number can hold.
uint64_t Unzigzag(uint64_t v) { return (v >> 1) ^ (~(v & 1) + 1); }

double ValueOf(const PackedSeries& series) {
  if (series.scale == kFloat) return std::bit_cast<double>(series.number);
  return static_cast<double>(static_cast<int64_t>(series.number)) / kDivisors[series.scale];
}
uint64_t BitsOf(const PackedSeries& series) {
  return series.scale == kFloat ? series.number : std::bit_cast<uint64_t>(ValueOf(series));
}

// Whether the value is a whole number at this scale, to the last bit; -0.0 is not.
bool IsExact(double value, uint8_t scale, int64_t& number) {
  double scaled = value * kDivisors[scale];
  if (!(std::fabs(scaled) < kExactMax)) return false;
  number = static_cast<int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
  return std::bit_cast<uint64_t>(static_cast<double>(number) / kDivisors[scale]) ==
         std::bit_cast<uint64_t>(value);
}

// The scale with the smallest number.
bool FindScale(double value, uint8_t& scale, int64_t& number) {
  if (!std::isfinite(value)) return false;
  for (uint8_t decimals = 0; decimals < kDecimals; ++decimals) {
    if (!(std::fabs(value) * kDivisors[decimals] < kExactMax)) break;
    if (!IsExact(value, decimals, number)) continue;
    scale = decimals;
    if (decimals > 0 || std::fabs(value) < kCoarseFrom) return true;
    for (uint8_t coarse : {kPages, kSectors}) {
      int64_t fewer = 0;
      if (!IsExact(value, coarse, fewer)) continue;
      scale = coarse;
      number = fewer;
      return true;
    }
    return true;
  }
  return false;
}

void PutVarint(uint64_t v, std::string& out) {
  while (v >= 0x80) {
    out.push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out.push_back(static_cast<char>(v));
}

void PutChangedBits(uint64_t changed, std::string& out) {
  int leading = std::countl_zero(changed) / 8;
  int trailing = std::countr_zero(changed) / 8;
  bool low = leading >= trailing;
  int bytes = 8 - (low ? leading : trailing);
  PutVarint((((low ? kLowBytes : kHighBytes) + static_cast<uint64_t>(bytes) - 1) << 2) | kEscape,
            out);
  if (!low) changed >>= 8 * trailing;
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(changed));
    changed >>= 8;
  }
}

// Calls `put(first, length)` for each longest run of elements of which each follows the one before.
template <typename Follows, typename Put>
void EachRun(size_t size, Follows follows, Put put) {
  for (size_t first = 0; first < size;) {
    size_t end = first + 1;
    while (end < size && follows(end)) ++end;
    put(first, end - first);
    first = end;
  }
}

// Bytes of foreign origin. A read that fails says so and moves nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes)
      : begin_(reinterpret_cast<const uint8_t*>(bytes.data())),
        at_(begin_),
        end_(begin_ + bytes.size()) {}

  bool Varint(uint64_t& out) {
    if (at_ < end_ && *at_ < 0x80) {
      out = *at_++;
      return true;
    }
    return LongVarint(out);
  }
  // Little-endian.
  bool Bytes(size_t count, uint64_t& out) {
    if (static_cast<size_t>(end_ - at_) < count) return false;
    out = 0;
    for (size_t i = 0; i < count; ++i) out |= uint64_t{at_[i]} << (8 * i);
    at_ += count;
    return true;
  }
  bool done() const { return at_ == end_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }

 private:
  bool LongVarint(uint64_t& out) {
    uint64_t value = 0;
    const uint8_t* at = at_;
    for (int shift = 0; shift < 64 && at < end_; shift += 7) {
      uint8_t byte = *at++;
      if (shift == 63 && byte > 1) return false;
      value |= uint64_t{static_cast<uint8_t>(byte & 0x7f)} << shift;
      if (byte < 0x80) {
        out = value;
        at_ = at;
        return true;
      }
    }
    return false;
  }

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
};

Status Wrong(size_t offset, std::string_view what) {
  return InvalidArgument(fmt::format("packed_samples: byte {}: {}", offset, what));
}
Status CutShort(const Reader& in) {
  return Wrong(in.offset(), "a number is cut short or too long");
}

Status ReadRefs(Reader& in, size_t series, std::span<uint32_t> out) {
  uint64_t next = 0;
  for (size_t i = 0; i < out.size();) {
    size_t offset = in.offset();
    uint64_t step = 0, length = 0;
    if (!in.Varint(step) || !in.Varint(length)) return CutShort(in);
    uint64_t first = next + Unzigzag(step);
    if (length == 0 || length > out.size() - i) {
      return Wrong(
          offset, fmt::format("a run of {} references, where {} are left", length, out.size() - i));
    }
    if (first >= series || length > series - first) {
      return Wrong(offset, fmt::format("references {} to {}, but the stream has named {} series",
                                       first, first + length - 1, series));
    }
    next = first + length;
    for (uint64_t ref = first; ref < next; ++ref) out[i++] = static_cast<uint32_t>(ref);
  }
  return OkStatus();
}

Status ReadTimes(Reader& in, std::span<Timestamp> out) {
  uint64_t time = 0;
  for (size_t i = 0; i < out.size();) {
    size_t offset = in.offset();
    uint64_t step = 0, length = 0;
    if (!in.Varint(step) || !in.Varint(length)) return CutShort(in);
    time += Unzigzag(step);
    if (length == 0 || length > out.size() - i) {
      return Wrong(offset,
                   fmt::format("a run of {} times, where {} are left", length, out.size() - i));
    }
    if (time > static_cast<uint64_t>(kPackedTimeMaxMs)) {
      return Wrong(offset, fmt::format("{} is not a time in milliseconds since 1970; check the "
                                       "probe's clock",
                                       static_cast<int64_t>(time)));
    }
    Timestamp at = FromMillis(static_cast<int64_t>(time));
    for (uint64_t end = i + length; i < end; ++i) out[i] = at;
  }
  return OkStatus();
}

// What an escape says of a series: another scale and its number, or changed bits.
Status ReadEscape(Reader& in, size_t offset, uint64_t code, PackedSeries& series) {
  if (code < kScales) {
    uint64_t number = 0;
    if (!in.Varint(number)) return CutShort(in);
    series.number = Unzigzag(number);
    series.scale = static_cast<uint8_t>(code);
    return OkStatus();
  }
  if (code < kLowBytes || code >= kEscapes) {
    return Wrong(offset, fmt::format("no escape has the code {}", code));
  }
  bool low = code < kHighBytes;
  size_t bytes = static_cast<size_t>(code - (low ? kLowBytes : kHighBytes)) + 1;
  uint64_t changed = 0;
  if (!in.Bytes(bytes, changed)) return Wrong(in.offset(), "a value is cut short");
  if (!low) changed <<= 8 * (8 - bytes);
  series.number = BitsOf(series) ^ changed;
  series.scale = kFloat;
  return OkStatus();
}

Status ReadValues(Reader& in, std::vector<PackedSeries>& series, std::span<const uint32_t> refs,
                  std::span<double> out) {
  for (size_t i = 0; i < out.size();) {
    size_t offset = in.offset();
    uint64_t token = 0;
    if (!in.Varint(token)) return CutShort(in);
    PackedSeries& of = series[refs[i]];
    if ((token & 1) == 0) {
      if (of.scale == kFloat) {
        return Wrong(offset, fmt::format("a difference for reference {}, whose last value is not "
                                         "a scaled integer",
                                         refs[i]));
      }
      of.number += Unzigzag(token >> 1);
      out[i++] = ValueOf(of);
    } else if ((token & 3) == kUnchanged) {
      uint64_t length = token >> 2;
      if (length == 0 || length > out.size() - i) {
        return Wrong(offset, fmt::format("a run of {} unchanged values, where {} are left", length,
                                         out.size() - i));
      }
      for (uint64_t end = i + length; i < end; ++i) out[i] = ValueOf(series[refs[i]]);
    } else {
      FW_RETURN_IF_ERROR(ReadEscape(in, offset, token >> 2, of));
      out[i++] = ValueOf(of);
    }
  }
  return OkStatus();
}

}  // namespace

void StreamEncoder::Encode(std::span<const uint32_t> refs, std::span<const Timestamp> times,
                           std::span<const double> values, std::string& out) {
  FW_CHECK(!refs.empty() && refs.size() <= kPackedSamplesMax);
  FW_CHECK(times.size() == refs.size() && values.size() == refs.size());
  out.push_back(static_cast<char>(kFormat));
  PutVarint(refs.size(), out);

  int64_t next = 0;
  uint32_t highest = 0;
  EachRun(
      refs.size(), [&](size_t i) { return refs[i] == uint64_t{refs[i - 1]} + 1; },
      [&](size_t first, size_t length) {
        PutVarint(Zigzag(int64_t{refs[first]} - next), out);
        PutVarint(length, out);
        next = int64_t{refs[first]} + static_cast<int64_t>(length);
        highest = std::max(highest, refs[first + length - 1]);
      });
  if (highest >= series_.size()) series_.resize(size_t{highest} + 1);

  uint64_t time = 0;
  EachRun(
      times.size(), [&](size_t i) { return times[i] == times[i - 1]; },
      [&](size_t first, size_t length) {
        auto at = static_cast<uint64_t>(ToMillis(times[first]));
        PutVarint(Zigzag(static_cast<int64_t>(at - time)), out);
        PutVarint(length, out);
        time = at;
      });
  EncodeValues(refs, values, out);
}

void StreamEncoder::EncodeValues(std::span<const uint32_t> refs, std::span<const double> values,
                                 std::string& out) {
  uint64_t unchanged = 0;
  auto end_run = [&] {
    if (unchanged > 0) PutVarint((unchanged << 2) | kUnchanged, out);
    unchanged = 0;
  };
  for (size_t i = 0; i < refs.size(); ++i) {
    PackedSeries& of = series_[refs[i]];
    double value = values[i];
    int64_t number = 0;
    // Zero fits every scale; a large number after it is worth a look for a coarser one.
    bool fresh = of.scale == 0 && of.number == 0 && std::fabs(value) >= kCoarseFrom;
    if (of.scale != kFloat && !fresh && IsExact(value, of.scale, number)) {
      int64_t last = static_cast<int64_t>(of.number);
      if (number == last) {
        ++unchanged;
        continue;
      }
      end_run();
      PutVarint(Zigzag(number - last) << 1, out);
      of.number = static_cast<uint64_t>(number);
      continue;
    }
    auto bits = std::bit_cast<uint64_t>(value);
    if (of.scale == kFloat && bits == of.number) {
      ++unchanged;
      continue;
    }
    end_run();
    // A series that has no scale is seldom worth another search.
    uint8_t scale = 0;
    bool search = of.floats < 2 || of.floats % 16 == 0;
    if (search && FindScale(value, scale, number)) {
      PutVarint((uint64_t{scale} << 2) | kEscape, out);
      PutVarint(Zigzag(number), out);
      of = {static_cast<uint64_t>(number), scale, 0};
    } else {
      PutChangedBits(bits ^ BitsOf(of), out);
      of = {bits, kFloat, static_cast<uint8_t>(of.floats + 1)};
    }
  }
  end_run();
}

Status StreamDecoder::Decode(std::string_view bytes, size_t series, SampleBlock& out) {
  Reader in(bytes);
  uint64_t format = 0, count = 0;
  if (!in.Varint(format) || format != kFormat) {
    return Wrong(0, fmt::format("the format is not {}, the only one that was agreed on", kFormat));
  }
  if (!in.Varint(count)) return CutShort(in);
  if (count == 0 || count > kPackedSamplesMax) {
    return Wrong(1, fmt::format("{} samples, but a block has 1 to {}; send smaller batches", count,
                                kPackedSamplesMax));
  }
  if (series_.size() < series) series_.resize(series);
  size_t before = out.refs.size();
  size_t size = before + static_cast<size_t>(count);
  out.refs.resize(size);
  out.times.resize(size);
  out.values.resize(size);
  auto refs = std::span(out.refs).subspan(before);
  FW_RETURN_IF_ERROR(ReadRefs(in, series, refs));
  FW_RETURN_IF_ERROR(ReadTimes(in, std::span(out.times).subspan(before)));
  FW_RETURN_IF_ERROR(ReadValues(in, series_, refs, std::span(out.values).subspan(before)));
  if (!in.done()) {
    return Wrong(in.offset(), "something follows the last value; the count or a run is wrong");
  }
  return OkStatus();
}

}  // namespace forewarn
