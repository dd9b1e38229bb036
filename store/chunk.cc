#include "store/chunk.h"

#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "store/chunk_values.h"

// chunk    := u8(version) varint(count) times u8(kind) values             count in [1, 65536]
// version  := 1 or 2; only 2 is written
// times    := signed(first, ms) [ varint(delta) run* ]          the second part when count > 1
// run      := signed(change) varint(length)                     length in [1, what is left]
//             The distance between samples changes by `change` for each of the next `length`
//             samples, so a regular series is one run. Every distance is positive; the lengths add
//             up to count - 2. The times stand first and by themselves: series of one host have the
//             same, which a block's compression then finds.
// values   := constant | xor | packed | steps | turns
// constant := fixed64(bits)                                     kind 0: all values
// xor      := bits, most significant first, the last byte filled with zeros           kind 1
//             64 bits: the first value. Then for each: `0` the value before; `1 0` + window bits:
//             xor with the value before, inside the window in use; `1 1` + 5 bits leading zeros + 6
//             bits (width - 1) + width bits: the same, and this is now the window.
// packed   := u8(exponent) signed(first) u8(width) bits                               kind 2
//             Values are integers / 10^exponent; of each but the first, the zigzagged difference to
//             the one before in `width` bits. Read, not written any more.
// steps    := u8(exponent) signed(first) code*                                        kind 3
// code     := varint(zigzag(difference to the integer before), not 0) | u8(0) varint(length)
//             `length` in [1, what is left] samples whose difference is 0.
// turns    := as steps, of the differences of differences; the one before the first is 0   kind 4
//
// Integers are used only where they give back every value to the bit. Nothing follows the values.

namespace forewarn {
namespace {

constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionOldest = 1;

void EncodeTimes(std::span<const Sample> samples, Encoder& out) {
  out.Signed(ToMillis(samples[0].at));
  if (samples.size() == 1) return;
  // Unsigned, since two times may be further apart than a signed number can say.
  auto distance = [&](size_t i) {
    FW_CHECK(samples[i].at > samples[i - 1].at);
    return static_cast<uint64_t>(ToMillis(samples[i].at)) -
           static_cast<uint64_t>(ToMillis(samples[i - 1].at));
  };
  uint64_t delta = distance(1);
  out.Varint(delta);
  int64_t run_change = 0;
  uint64_t run = 0;
  auto end_run = [&] {
    if (run == 0) return;
    out.Signed(run_change);
    out.Varint(run);
    run = 0;
  };
  for (size_t i = 2; i < samples.size(); ++i) {
    uint64_t next = distance(i);
    auto change = static_cast<int64_t>(next - delta);
    delta = next;
    if (change != run_change) end_run();
    run_change = change;
    ++run;
  }
  end_run();
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

bool Decode(std::string_view bytes, std::vector<Sample>& out) {
  size_t before = out.size();
  Decoder in(bytes);
  uint8_t version = in.U8();
  if (version < kVersionOldest || version > kVersion) return false;
  uint64_t count = in.Varint();
  if (in.failed() || count == 0 || count > kChunkSamplesMax) return false;
  if (!DecodeTimes(in, count, out)) return false;
  std::span<Sample> samples(out.data() + before, count);
  return DecodeValues(in, samples);
}

}  // namespace

std::string EncodeChunk(std::span<const Sample> samples) {
  FW_CHECK(!samples.empty() && samples.size() <= kChunkSamplesMax);
  Encoder out;
  out.U8(kVersion);
  out.Varint(samples.size());
  EncodeTimes(samples, out);
  EncodeValues(samples, out);
  return out.Take();
}

Status DecodeChunk(std::string_view bytes, std::vector<Sample>& out) {
  size_t before = out.size();
  if (Decode(bytes, out)) return OkStatus();
  out.resize(before);
  return DataLoss("chunk cut short or damaged");
}

}  // namespace forewarn
