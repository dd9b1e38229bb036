#include "store/chunk_appender.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace forewarn {
namespace {

// What chunk.cc reads.
constexpr uint8_t kVersion = 1;
constexpr uint8_t kXor = 1;

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

}  // namespace

void ChunkAppender::Append(Timestamp at, double value) {
  AppendTime(at);
  AppendValue(std::bit_cast<uint64_t>(value));
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
