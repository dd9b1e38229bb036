#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"

namespace forewarn {

// Samples as they travel in Batch.packed_samples: two to three bytes each, exact to the last bit of
// every value, NaNs and stale markers included. The grammar is in proto/forewarn/v1/ingest.proto.
//
// Both ends of a stream remember the last value of each series and send what has changed since, so
// the blocks of a stream are read in the order in which they were written, each exactly once. A new
// stream starts with a new encoder and a new decoder. Neither is thread-safe.

// The word of a collector that reads them, in Welcome.capabilities.
inline constexpr std::string_view kAcceptsPackedSamples = "AcceptsPackedSamples";

// In one block. It bounds what a few bytes can unfold to.
inline constexpr uint32_t kPackedSamplesMax = 65'536;

// Times are from 1970 until the last millisecond of the year 9999.
inline constexpr int64_t kPackedTimeMaxMs = 253'402'300'799'999;

// What an end remembers of one series: a scaled integer, or the bits of a double.
struct PackedSeries {
  uint64_t number = 0;
  uint8_t scale = 0;
  uint8_t floats = 0;  // the encoder's: how many in a row had to go as they are
};

class StreamEncoder {
 public:
  // Appends one block to `out`. The columns are equally long and hold 1 to kPackedSamplesMax samples. Times that
  // the protocol does not allow are written all the same, for the decoder to refuse.
  void Encode(std::span<const uint32_t> refs, std::span<const Timestamp> times,
              std::span<const double> values, std::string& out);

 private:
  void EncodeValues(std::span<const uint32_t> refs, std::span<const double> values,
                    std::string& out);

  std::vector<PackedSeries> series_;  // by reference
};

class StreamDecoder {
 public:
  // Appends a block's samples to the columns of `out`. `series` is how many the stream has named so
  // far; it never shrinks. kInvalidArgument names the byte and what is wrong with it, and the decoder
  // must not be used again. Memory: 16 bytes a series, and 20 a sample in `out`, whatever the bytes
  // are.
  Status Decode(std::string_view bytes, size_t series, SampleBlock& out);

 private:
  std::vector<PackedSeries> series_;  // by reference
};

}  // namespace forewarn
