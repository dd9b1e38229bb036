#include "store/open_chunk.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/check.h"
#include "store/chunk.h"
#include "store/decimal.h"

// What lies in the chain. It never leaves the process, so it has no version.
//
// chunk  := token*
// token  := varint(zigzag(step) << 2 | 0)                 a sample at the distance of the one before
//         | varint(zigzag(step) << 2 | 1) turn            at another distance
//         | varint(length << 2 | 2)                       samples with the value and the distance of
//                                                         the one before
//         | varint(form << 2 | 3) [turn] value            a value that no step leads to
// turn   := varint(zigzag(distance - the one before))     the first is from the window's start
// form   := exponent << 1 | (1 with a turn)
// value  := varint(zigzag(integer)) | 8 bytes             the latter for exponent 15

namespace forewarn {
namespace {

constexpr uint8_t kBits = 15;  // an exponent: the value is not a decimal
constexpr size_t kTokenMax = 32;
constexpr uint64_t kStep = 0, kStepAndTurn = 1, kRun = 2, kEscape = 3;

bool Earlier(const Sample& a, const Sample& b) { return a.at < b.at; }

// Appends as Encoder::Varint does.
char* PutVarint(char* to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

uint64_t TakeVarint(const char*& from) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    auto byte = static_cast<uint8_t>(*from++);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace

class OpenChunkReader {
 public:
  // The samples in order of arrival, late ones left out.
  static std::vector<Sample> InOrder(const OpenChunk& chunk, const BlockArena& arena) {
    std::vector<Sample> samples;
    samples.reserve(chunk.count());
    std::string bytes(chunk.chain_.size(), '\0');
    chunk.chain_.CopyTo(arena, bytes.data());
    const char* from = bytes.data();
    const char* end = from + bytes.size();
    Timestamp at = chunk.window_;
    uint64_t distance = 0;
    uint64_t value = 0;
    int exponent = 0;
    auto emit = [&] {
      at += Duration(static_cast<int64_t>(distance));
      samples.push_back({at, ValueOf(value, exponent)});
    };
    while (from != end) {
      uint64_t token = TakeVarint(from);
      uint64_t rest = token >> 2;
      switch (token & 3) {
        case kRun:
          for (; rest > 0; --rest) emit();
          continue;
        case kStep:
        case kStepAndTurn: value += UnZigZag(rest); break;
        default: exponent = static_cast<int>(rest >> 1); break;
      }
      if ((token & 3) == kStepAndTurn || ((token & 3) == kEscape && (rest & 1) != 0)) {
        distance += UnZigZag(TakeVarint(from));
      }
      if ((token & 3) == kEscape && exponent == kBits) {
        std::memcpy(&value, from, sizeof(value));
        from += sizeof(value);
      } else if ((token & 3) == kEscape) {
        value = UnZigZag(TakeVarint(from));
      }
      emit();
    }
    for (uint16_t i = 0; i < chunk.run_; ++i) emit();
    FW_CHECK(samples.size() == chunk.in_order());
    return samples;
  }

  static double ValueOf(uint64_t value, int exponent) {
    if (exponent == kBits) return std::bit_cast<double>(value);
    return FromDecimal(static_cast<int64_t>(value), exponent);
  }
};

bool OpenChunk::Add(BlockArena& arena, Timestamp at, double value, uint64_t sequence) {
  FW_CHECK(at >= window_ && at - window_ < 24h);
  auto offset = static_cast<uint32_t>((at - window_).count());
  bool opens = count() == 0;
  if (in_order() == 0 || offset > last_) {
    Append(arena, offset, value);
  } else {
    if (offset == last_) return false;
    Side& side = MakeSide();
    Sample sample{at, value};
    auto has = [&](const std::vector<Sample>& samples) {
      return std::binary_search(samples.begin(), samples.end(), sample, Earlier);
    };
    if (has(side.late) || has(OpenChunkReader::InOrder(*this, arena))) return false;
    side.late.insert(std::lower_bound(side.late.begin(), side.late.end(), sample, Earlier), sample);
  }
  if (opens) opened_ = sequence;
  return true;
}

void OpenChunk::Append(BlockArena& arena, uint32_t offset, double value) {
  // Modulo 2^64, as everything here.
  uint64_t distance = uint64_t{offset} - last_;
  uint64_t turn = distance - distance_;
  last_ = offset;
  distance_ = static_cast<uint32_t>(distance);
  if (chain_.items++ == 0) return Escape(arena, value, turn);
  uint64_t next = 0;
  if (exponent_ == kBits) {
    next = std::bit_cast<uint64_t>(value);
    if (next != value_) return Escape(arena, value, turn);
  } else if (std::optional<int64_t> integer = ToDecimal(value, exponent_)) {
    next = static_cast<uint64_t>(*integer);
  } else {
    return Escape(arena, value, turn);
  }
  if (next == value_ && turn == 0) {
    ++run_;
    return;
  }
  EndRun(arena);
  char token[kTokenMax];
  // Of bits, only the step of 0 comes this far.
  char* end = PutVarint(token, ZigZag(next - value_) << 2 | (turn == 0 ? kStep : kStepAndTurn));
  if (turn != 0) end = PutVarint(end, ZigZag(turn));
  value_ = next;
  chain_.Append(arena, token, static_cast<size_t>(end - token));
}

void OpenChunk::EndRun(BlockArena& arena) {
  if (run_ == 0) return;
  char token[kTokenMax];
  char* end = PutVarint(token, uint64_t{run_} << 2 | kRun);
  chain_.Append(arena, token, static_cast<size_t>(end - token));
  run_ = 0;
}

void OpenChunk::Escape(BlockArena& arena, double value, uint64_t turn) {
  EndRun(arena);
  exponent_ = kBits;
  value_ = std::bit_cast<uint64_t>(value);
  for (uint8_t exponent = 0; exponent <= kDecimalExponentMax; ++exponent) {
    std::optional<int64_t> integer = ToDecimal(value, exponent);
    if (!integer) continue;
    exponent_ = exponent;
    value_ = static_cast<uint64_t>(*integer);
    break;
  }
  char token[kTokenMax];
  char* end = PutVarint(token, (uint64_t{exponent_} << 1 | (turn == 0 ? 0 : 1)) << 2 | kEscape);
  if (turn != 0) end = PutVarint(end, ZigZag(turn));
  if (exponent_ == kBits) {
    std::memcpy(end, &value_, sizeof(value_));
    end += sizeof(value_);
  } else {
    end = PutVarint(end, ZigZag(value_));
  }
  chain_.Append(arena, token, static_cast<size_t>(end - token));
}

std::vector<Sample> OpenChunk::Samples(const BlockArena& arena) const {
  std::vector<Sample> in_order = OpenChunkReader::InOrder(*this, arena);
  if (side_ == nullptr || side_->late.empty()) return in_order;
  std::vector<Sample> all;
  all.reserve(count());
  std::merge(in_order.begin(), in_order.end(), side_->late.begin(), side_->late.end(),
             std::back_inserter(all), Earlier);
  return all;
}

Sample OpenChunk::Last(const BlockArena&) const {
  FW_CHECK(in_order() > 0);
  return {window_ + Duration(last_), OpenChunkReader::ValueOf(value_, exponent_)};
}

SealedChunk OpenChunk::Seal(const BlockArena& arena, SeriesId id) const {
  std::vector<Sample> samples = Samples(arena);
  FW_CHECK(!samples.empty());
  return {id,
          samples.front().at,
          samples.back().at,
          static_cast<uint32_t>(samples.size()),
          EncodeChunk(samples),
          0};
}

void OpenChunk::Clear(BlockArena& arena, Timestamp window) {
  chain_.Clear(arena);
  std::vector<OpenChunk> older;
  if (side_ != nullptr) older = std::move(side_->older);
  *this = OpenChunk(window);
  if (!older.empty()) MakeSide().older = std::move(older);
}

OpenChunk::Side& OpenChunk::MakeSide() {
  if (side_ == nullptr) side_ = std::make_unique<Side>();
  return *side_;
}

size_t OpenChunk::side_bytes() const {
  if (side_ == nullptr) return 0;
  size_t bytes = sizeof(Side) + side_->late.capacity() * sizeof(Sample) +
                 side_->older.capacity() * sizeof(OpenChunk);
  if (side_->sealed) bytes += side_->sealed->memory_bytes();
  for (const OpenChunk& chunk : side_->older) bytes += chunk.side_bytes();
  return bytes;
}

}  // namespace forewarn
