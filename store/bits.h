#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace forewarn {

// Bits, most significant first, appended to a loan of bytes that outlives the writer. Finish() is
// called once, last; it fills the last byte with zeros.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  // The lowest `width` bits of `value`, the others of which are zero; `width` is at most 64.
  void Put(uint64_t value, int width) {
    if (width > 32) {
      Put(value >> 32, width - 32);
      value &= 0xffff'ffff;
      width = 32;
    }
    pending_ = pending_ << width | value;
    bits_ += width;
    while (bits_ >= 8) {
      bits_ -= 8;
      out_.push_back(static_cast<char>(pending_ >> bits_));
    }
  }
  void Finish() {
    if (bits_ > 0) out_.push_back(static_cast<char>(pending_ << (8 - bits_)));
    bits_ = 0;
  }

 private:
  std::string& out_;
  uint64_t pending_ = 0;  // the lowest bits_ are not written yet
  int bits_ = 0;          // below 8 between calls
};

// Reads such bits from a loan; past the end it returns zeros and says failed().
class BitReader {
 public:
  explicit BitReader(std::string_view in) : in_(in) {}

  // `width` is at most 64.
  uint64_t Take(int width) {
    if (width > 32) {
      uint64_t high = Take(width - 32);
      return high << 32 | Take(32);
    }
    if (bits_ < width) Fill();
    if (bits_ < width) {
      failed_ = true;
      bits_ = 0;
      in_ = {};
      return 0;
    }
    bits_ -= width;
    return loaded_ >> bits_ & ((uint64_t{1} << width) - 1);
  }

  bool failed() const { return failed_; }
  // Nothing is left but the zeros that fill the last byte.
  bool AtEnd() {
    Fill();
    return !failed_ && in_.empty() && bits_ < 8 && Take(bits_) == 0;
  }

 private:
  void Fill() {
    if (in_.size() >= 4 && bits_ <= 32) {
      uint32_t word = 0;
      std::memcpy(&word, in_.data(), 4);
      loaded_ = loaded_ << 32 | __builtin_bswap32(word);
      bits_ += 32;
      in_.remove_prefix(4);
    }
    while (bits_ <= 56 && !in_.empty()) {
      loaded_ = loaded_ << 8 | static_cast<uint8_t>(in_.front());
      bits_ += 8;
      in_.remove_prefix(1);
    }
  }

  std::string_view in_;
  uint64_t loaded_ = 0;  // the lowest bits_ are not taken yet
  int bits_ = 0;
  bool failed_ = false;
};

}  // namespace forewarn
