#include "store/chunk_values.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "store/bits.h"
#include "store/decimal.h"

namespace forewarn {
namespace {

enum Kind : uint8_t { kConstant = 0, kXor = 1, kPacked = 2, kSteps = 3, kTurns = 4 };

uint64_t BitsOf(double value) { return std::bit_cast<uint64_t>(value); }

// The values as integers / 10^exponent for the smallest exponent that loses nothing.
std::optional<int> AsDecimals(std::span<const Sample> samples, std::vector<uint64_t>& integers) {
  integers.resize(samples.size());
  int exponent = 0;
  // Whatever needs more digits is seldom the first, so all before it are scaled anew.
  for (size_t i = 0; i < samples.size();) {
    if (std::optional<int64_t> integer = ToDecimal(samples[i].value, exponent)) {
      integers[i++] = static_cast<uint64_t>(*integer);
      continue;
    }
    while (exponent < kDecimalExponentMax && !ToDecimal(samples[i].value, ++exponent)) {
    }
    if (exponent == kDecimalExponentMax && !ToDecimal(samples[i].value, exponent))
      return std::nullopt;
    i = 0;
  }
  return exponent;
}

void EncodeXor(std::span<const Sample> samples, Encoder& out) {
  std::string bytes;
  bytes.reserve(samples.size() * 8);
  BitWriter bits(bytes);
  uint64_t before = BitsOf(samples[0].value);
  bits.Put(before, 64);
  int window_leading = 0;
  int window = 0;  // 0: none yet
  for (const Sample& sample : samples.subspan(1)) {
    uint64_t difference = BitsOf(sample.value) ^ before;
    before = BitsOf(sample.value);
    if (difference == 0) {
      bits.Put(0, 1);
      continue;
    }
    int leading = std::min(std::countl_zero(difference), 31);
    int trailing = std::countr_zero(difference);
    int width = 64 - leading - trailing;
    int window_trailing = 64 - window_leading - window;
    // The window in use costs nothing to name; a new one 11 bits, which it must save.
    if (window > 0 && leading >= window_leading && trailing >= window_trailing &&
        window < width + 11) {
      bits.Put(0b10, 2);
      bits.Put(difference >> window_trailing, window);
      continue;
    }
    window_leading = leading;
    window = width;
    bits.Put(0b11, 2);
    bits.Put(static_cast<uint64_t>(leading), 5);
    bits.Put(static_cast<uint64_t>(width - 1), 6);
    bits.Put(difference >> trailing, width);
  }
  bits.Finish();
  out.Raw(bytes);
}

bool DecodeXor(std::string_view bytes, std::span<Sample> samples) {
  BitReader in(bytes);
  uint64_t value = in.Take(64);
  samples[0].value = std::bit_cast<double>(value);
  int leading = 0;
  int width = 0;
  for (Sample& sample : samples.subspan(1)) {
    if (in.Take(1)) {
      if (in.Take(1)) {
        leading = static_cast<int>(in.Take(5));
        width = static_cast<int>(in.Take(6)) + 1;
      }
      if (width == 0 || leading + width > 64) return false;
      value ^= in.Take(width) << (64 - leading - width);
    }
    if (in.failed()) return false;
    sample.value = std::bit_cast<double>(value);
  }
  return in.AtEnd();
}

// Of format 1, which nobody writes any more.
bool DecodePacked(Decoder& in, std::span<Sample> samples) {
  uint8_t exponent = in.U8();
  uint64_t integer = static_cast<uint64_t>(in.Signed());
  int width = in.U8();
  if (in.failed() || exponent > kDecimalExponentMax || width > 64) return false;
  BitReader bits(in.Rest());
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i > 0) integer += UnZigZag(bits.Take(width));
    samples[i].value = FromDecimal(static_cast<int64_t>(integer), exponent);
  }
  return bits.AtEnd();
}

// Whether the steps between steps (as of a counter at a steady rate) are shorter than the steps.
bool TurnsAreShorter(const std::vector<uint64_t>& integers) {
  int steps = 0;
  int turns = 0;
  for (size_t i = 2; i < integers.size(); ++i) {
    uint64_t step = integers[i] - integers[i - 1];
    uint64_t step_before = integers[i - 1] - integers[i - 2];
    steps += std::bit_width(ZigZag(step) | 1);
    turns += std::bit_width(ZigZag(step - step_before) | 1);
  }
  return turns < steps;
}

// Appends as Encoder::Varint does, to a place with room for ten bytes.
char* PutVarint(char* to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

void EncodeDecimals(int exponent, const std::vector<uint64_t>& integers, Encoder& out) {
  bool turns = TurnsAreShorter(integers);
  out.U8(turns ? kTurns : kSteps);
  out.U8(static_cast<uint8_t>(exponent));
  out.Varint(ZigZag(integers[0]));
  std::string codes(integers.size() * 10, '\0');  // a run is shorter than its samples would be
  char* to = codes.data();
  uint64_t step_before = 0;
  for (size_t i = 1; i < integers.size();) {
    uint64_t step = integers[i] - integers[i - 1];
    uint64_t code = ZigZag(turns ? step - step_before : step);
    step_before = step;
    to = PutVarint(to, code);
    size_t first = i++;
    if (code != 0) continue;
    while (i < integers.size() && integers[i] - integers[i - 1] == step) ++i;
    to = PutVarint(to, i - first);
  }
  out.Raw({codes.data(), static_cast<size_t>(to - codes.data())});
}

// As Decoder::Varint, but without a call for each byte: this is what reading a chunk takes.
bool TakeVarint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; !in.empty() && shift < 64; shift += 7) {
    auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;  // does not fit 64 bits
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool DecodeDecimals(std::string_view in, bool turns, std::span<Sample> samples) {
  if (in.empty()) return false;
  auto exponent = static_cast<uint8_t>(in.front());
  in.remove_prefix(1);
  uint64_t first = 0;
  if (exponent > kDecimalExponentMax || !TakeVarint(in, first)) return false;
  uint64_t integer = UnZigZag(first);
  samples[0].value = FromDecimal(static_cast<int64_t>(integer), exponent);
  uint64_t step = 0;
  for (size_t i = 1; i < samples.size();) {
    uint64_t code = 0;
    uint64_t run = 1;
    if (!TakeVarint(in, code)) return false;
    if (code == 0 && (!TakeVarint(in, run) || run == 0 || run > samples.size() - i)) return false;
    step = turns ? step + UnZigZag(code) : UnZigZag(code);
    for (; run > 0; --run) {
      integer += step;
      samples[i++].value = FromDecimal(static_cast<int64_t>(integer), exponent);
    }
  }
  return in.empty();
}

}  // namespace

void EncodeValues(std::span<const Sample> samples, Encoder& out) {
  uint64_t first = BitsOf(samples[0].value);
  if (std::all_of(samples.begin(), samples.end(),
                  [&](const Sample& sample) { return BitsOf(sample.value) == first; })) {
    out.U8(kConstant);
    out.Fixed64(first);
    return;
  }
  std::vector<uint64_t> integers;
  if (std::optional<int> exponent = AsDecimals(samples, integers)) {
    EncodeDecimals(*exponent, integers, out);
    return;
  }
  out.U8(kXor);
  EncodeXor(samples, out);
}

bool DecodeValues(Decoder& in, std::span<Sample> samples) {
  uint8_t kind = in.U8();
  if (in.failed()) return false;
  switch (kind) {
    case kConstant: {
      double value = in.Double();
      for (Sample& sample : samples) sample.value = value;
      return !in.failed() && in.done();
    }
    case kXor: return DecodeXor(in.Rest(), samples);
    case kPacked: return DecodePacked(in, samples);
    case kSteps: return DecodeDecimals(in.Rest(), false, samples);
    case kTurns: return DecodeDecimals(in.Rest(), true, samples);
    default: return false;
  }
}

}  // namespace forewarn
