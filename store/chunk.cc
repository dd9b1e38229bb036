#include "store/chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"

// chunk    := u8(version = 1) varint(count) times u8(kind) values        count in [1, 65536]
// times    := signed(first, ms) [ varint(delta) run* ]                   the second part when count
// > 1 run      := signed(change) varint(length)                              length in [1, what is
// left]
//             The distance between samples changes by `change` for each of the next `length`
//             samples, so a regular series is one run. Every distance is positive; the lengths add
//             up to count - 2.
// values   := constant | xor | decimal
// constant := fixed64(bits)                                              kind 0: all values
// xor      := bits, most significant first, the last byte filled with zeros           kind 1
//             64 bits: the first value. Then for each: `0` the value before; `1 0` + window bits:
//             xor with the value before, inside the window in use; `1 1` + 5 bits leading zeros + 6
//             bits (width - 1)
//             + width bits: the same, and this is now the window.
// decimal  := u8(exponent) signed(first) u8(width) bits                               kind 2
//             Values are integers / 10^exponent; of each but the first, the zigzagged difference to
//             the one before in `width` bits. Used only where it gives back every value to the bit.
//
// Nothing follows the values.

namespace forewarn {
namespace {

constexpr uint8_t kVersion = 1;
enum Kind : uint8_t { kConstant = 0, kXor = 1, kDecimal = 2 };

constexpr int kExponentMax = 9;
constexpr std::array<double, kExponentMax + 1> kPowersOfTen = {1e0, 1e1, 1e2, 1e3, 1e4,
                                                               1e5, 1e6, 1e7, 1e8, 1e9};
// Beyond 2^53 not every integer is a double.
constexpr double kIntegerMax = 9007199254740992.0;

uint64_t BitsOf(double value) { return std::bit_cast<uint64_t>(value); }

uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 ? ~uint64_t{0} : 0);
}
uint64_t UnZigZag(uint64_t v) { return (v >> 1) ^ (v & 1 ? ~uint64_t{0} : 0); }

void PutBitsInto(std::string& out, uint8_t& used, uint64_t value, int width) {
  while (width > 0) {
    if (used == 8) {
      out.push_back(0);
      used = 0;
    }
    int take = std::min(width, 8 - used);
    uint64_t part = (value >> (width - take)) & ((uint64_t{1} << take) - 1);
    out.back() = static_cast<char>(static_cast<uint8_t>(out.back()) | part << (8 - used - take));
    used = static_cast<uint8_t>(used + take);
    width -= take;
  }
}

// Reads bits from a loan; past the end it returns zeros and says failed().
class BitReader {
 public:
  explicit BitReader(std::string_view in) : in_(in) {}

  uint64_t Take(int width) {
    if (static_cast<size_t>(width) > in_.size() * 8 - position_) {
      failed_ = true;
      position_ = in_.size() * 8;
      return 0;
    }
    uint64_t value = 0;
    while (width > 0) {
      int offset = static_cast<int>(position_ % 8);
      int take = std::min(width, 8 - offset);
      uint64_t byte = static_cast<uint8_t>(in_[position_ / 8]);
      value = value << take | ((byte >> (8 - offset - take)) & ((uint64_t{1} << take) - 1));
      position_ += static_cast<size_t>(take);
      width -= take;
    }
    return value;
  }

  bool failed() const { return failed_; }
  // Nothing is left but the zeros that fill the last byte.
  bool AtEnd() {
    size_t left = in_.size() * 8 - position_;
    return !failed_ && left < 8 && Take(static_cast<int>(left)) == 0;
  }

 private:
  std::string_view in_;
  size_t position_ = 0;
  bool failed_ = false;
};

// The values as integers / 10^exponent for the smallest exponent that loses nothing.
std::optional<int> AsDecimals(std::span<const Sample> samples, std::vector<int64_t>& integers) {
  int exponent = 0;
  size_t good = 0;  // samples known to fit `exponent`
  integers.resize(samples.size());
  while (good < samples.size()) {
    double value = samples[good].value;
    if (!(std::abs(value) < kIntegerMax)) return std::nullopt;
    double scaled = std::nearbyint(value * kPowersOfTen[exponent]);
    if (std::abs(scaled) < kIntegerMax && BitsOf(static_cast<double>(static_cast<int64_t>(scaled)) /
                                                 kPowersOfTen[exponent]) == BitsOf(value)) {
      integers[good++] = static_cast<int64_t>(scaled);
    } else {
      if (++exponent > kExponentMax) return std::nullopt;
      good = 0;
    }
  }
  return exponent;
}

std::string EncodeDecimals(int exponent, std::span<const int64_t> integers) {
  Encoder out;
  out.U8(static_cast<uint8_t>(exponent));
  out.Signed(integers[0]);
  uint64_t all = 0;
  for (size_t i = 1; i < integers.size(); ++i) {
    all |= ZigZag(static_cast<uint64_t>(integers[i]) - static_cast<uint64_t>(integers[i - 1]));
  }
  int width = std::bit_width(all);
  out.U8(static_cast<uint8_t>(width));
  std::string bits;
  uint8_t used = 8;
  for (size_t i = 1; i < integers.size(); ++i) {
    PutBitsInto(bits, used,
                ZigZag(static_cast<uint64_t>(integers[i]) - static_cast<uint64_t>(integers[i - 1])),
                width);
  }
  out.Raw(bits);
  return out.Take();
}

bool DecodeTimes(Decoder& in, uint64_t count, std::vector<Sample>& out) {
  int64_t at = in.Signed();
  if (in.failed()) return false;
  out.push_back({FromMillis(at), 0});
  if (count == 1) return true;
  uint64_t delta = in.Varint();
  uint64_t left = count - 2;
  uint64_t run = 0;
  uint64_t change = 0;
  for (uint64_t i = 1; i < count; ++i) {
    if (i > 1) {
      if (run == 0) {
        change = static_cast<uint64_t>(in.Signed());
        run = in.Varint();
        if (in.failed() || run == 0 || run > left) return false;
        left -= run;
      }
      --run;
      delta += change;
    }
    uint64_t room =
        static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) - static_cast<uint64_t>(at);
    if (in.failed() || delta == 0 || delta > room) return false;
    at = static_cast<int64_t>(static_cast<uint64_t>(at) + delta);
    out.push_back({FromMillis(at), 0});
  }
  return true;
}

bool DecodeXor(std::string_view bytes, std::span<Sample> samples) {
  BitReader in(bytes);
  uint64_t value = in.Take(64);
  samples[0].value = std::bit_cast<double>(value);
  int leading = 0;
  int width = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    if (in.Take(1)) {
      if (in.Take(1)) {
        leading = static_cast<int>(in.Take(5));
        width = static_cast<int>(in.Take(6)) + 1;
      }
      if (width == 0 || leading + width > 64) return false;
      value ^= in.Take(width) << (64 - leading - width);
    }
    if (in.failed()) return false;
    samples[i].value = std::bit_cast<double>(value);
  }
  return in.AtEnd();
}

bool DecodeDecimals(Decoder& in, std::span<Sample> samples) {
  uint8_t exponent = in.U8();
  uint64_t integer = static_cast<uint64_t>(in.Signed());
  int width = in.U8();
  if (in.failed() || exponent > kExponentMax || width > 64) return false;
  BitReader bits(in.Rest());
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i > 0) integer += UnZigZag(bits.Take(width));
    samples[i].value = static_cast<double>(static_cast<int64_t>(integer)) / kPowersOfTen[exponent];
  }
  return bits.AtEnd();
}

bool Decode(std::string_view bytes, std::vector<Sample>& out) {
  size_t before = out.size();
  Decoder in(bytes);
  if (in.U8() != kVersion) return false;
  uint64_t count = in.Varint();
  if (in.failed() || count == 0 || count > kChunkSamplesMax) return false;
  if (!DecodeTimes(in, count, out)) return false;
  std::span<Sample> samples(out.data() + before, count);
  switch (in.U8()) {
    case kConstant: {
      double value = in.Double();
      for (Sample& sample : samples) sample.value = value;
      return !in.failed() && in.done();
    }
    case kXor: return !in.failed() && DecodeXor(in.Rest(), samples);
    case kDecimal: return DecodeDecimals(in, samples);
    default: return false;
  }
}

}  // namespace

std::string EncodeChunk(std::span<const Sample> samples) {
  FW_CHECK(!samples.empty() && samples.size() <= kChunkSamplesMax);
  ChunkAppender appender;
  bool constant = true;
  for (const Sample& sample : samples) {
    appender.Append(sample.at, sample.value);
    constant = constant && BitsOf(sample.value) == BitsOf(samples[0].value);
  }
  Encoder out = appender.Times();
  if (constant) {
    out.U8(kConstant);
    out.Double(samples[0].value);
    return out.Take();
  }
  std::vector<int64_t> integers;
  if (std::optional<int> exponent = AsDecimals(samples, integers)) {
    std::string decimals = EncodeDecimals(*exponent, integers);
    if (decimals.size() < appender.bits_.size()) {
      out.U8(kDecimal);
      out.Raw(decimals);
      return out.Take();
    }
  }
  out.U8(kXor);
  out.Raw(appender.bits_);
  return out.Take();
}

Status DecodeChunk(std::string_view bytes, std::vector<Sample>& out) {
  size_t before = out.size();
  if (Decode(bytes, out)) return OkStatus();
  out.resize(before);
  return DataLoss("chunk cut short or damaged");
}

void ChunkAppender::Append(Timestamp at, double value) {
  AppendTime(at);
  AppendValue(BitsOf(value));
  ++count_;
}

void ChunkAppender::AppendTime(Timestamp at) {
  if (count_ == 0) {
    first_ = last_ = at;
    return;
  }
  FW_CHECK(at > last_);
  // Unsigned, since two times may be further apart than a signed number can say.
  uint64_t delta = static_cast<uint64_t>(ToMillis(at)) - static_cast<uint64_t>(ToMillis(last_));
  if (count_ == 1) {
    first_delta_ = delta;
  } else {
    int64_t change = static_cast<int64_t>(delta - last_delta_);
    if (run_length_ > 0 && change != run_change_) {
      runs_.Signed(run_change_);
      runs_.Varint(run_length_);
      run_length_ = 0;
    }
    run_change_ = change;
    ++run_length_;
  }
  last_delta_ = delta;
  last_ = at;
}

void ChunkAppender::AppendValue(uint64_t bits) {
  uint64_t difference = bits ^ last_value_;
  last_value_ = bits;
  if (count_ == 0) {
    PutBits(bits, 64);
    return;
  }
  if (difference == 0) {
    PutBits(0, 1);
    return;
  }
  int leading = std::min(std::countl_zero(difference), 31);
  int trailing = std::countr_zero(difference);
  int width = 64 - leading - trailing;
  int window_trailing = 64 - leading_ - window_;
  // The window in use costs nothing to name; a new one 11 bits, which it must save.
  if (window_ > 0 && leading >= leading_ && trailing >= window_trailing && window_ < width + 11) {
    PutBits(0b10, 2);
    PutBits(difference >> window_trailing, window_);
    return;
  }
  leading_ = static_cast<uint8_t>(leading);
  window_ = static_cast<uint8_t>(width);
  PutBits(0b11, 2);
  PutBits(static_cast<uint64_t>(leading), 5);
  PutBits(static_cast<uint64_t>(width - 1), 6);
  PutBits(difference >> trailing, width);
}

void ChunkAppender::PutBits(uint64_t value, int width) {
  PutBitsInto(bits_, bits_used_, value, width);
}

Encoder ChunkAppender::Times() const {
  Encoder out;
  out.U8(kVersion);
  out.Varint(count_);
  out.Signed(ToMillis(first_));
  if (count_ > 1) out.Varint(first_delta_);
  out.Raw(runs_.str());
  if (run_length_ > 0) {
    out.Signed(run_change_);
    out.Varint(run_length_);
  }
  return out;
}

std::string ChunkAppender::Bytes() const {
  FW_CHECK(count_ > 0);
  Encoder out = Times();
  out.U8(kXor);
  out.Raw(bits_);
  return out.Take();
}

}  // namespace forewarn
