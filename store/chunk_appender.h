#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace forewarn {

// A chunk that is still growing: constant work and a few bits a sample, at the price of a worse
// ratio than EncodeChunk's. A value type; not thread-safe.
class ChunkAppender {
 public:
  // `at` is later than last().
  void Append(Timestamp at, double value);

  uint32_t count() const { return count_; }
  Timestamp first() const { return first_; }  // undefined while count() is 0
  Timestamp last() const { return last_; }

  // What DecodeChunk reads. count() is not 0.
  std::string Bytes() const;

  size_t memory_bytes() const { return sizeof(*this) + runs_.str().capacity() + bits_.capacity(); }

 private:
  Encoder Times() const;  // the chunk up to its kind
  void AppendTime(Timestamp at);
  void AppendValue(uint64_t bits);
  void PutBits(uint64_t value, int width);

  uint32_t count_ = 0;
  Timestamp first_;
  Timestamp last_;
  uint64_t first_delta_ = 0;
  uint64_t last_delta_ = 0;
  int64_t run_change_ = 0;  // the run that is not in runs_ yet
  uint64_t run_length_ = 0;
  Encoder runs_;
  uint64_t last_value_ = 0;
  uint8_t leading_ = 0;    // of the window in which values differ
  uint8_t window_ = 0;     // its width; 0: none yet
  uint8_t bits_used_ = 8;  // in the last byte of bits_
  std::string bits_;
};

}  // namespace forewarn
