// What the chunk codec reads it writes again, and reads back the same; the rest it refuses.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "store/chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forewarn;
  std::vector<Sample> samples;
  if (!DecodeChunk({reinterpret_cast<const char*>(data), size}, samples).ok()) {
    FW_CHECK(samples.empty());
    return 0;
  }
  std::vector<Sample> again;
  FW_CHECK(DecodeChunk(EncodeChunk(samples), again).ok());
  FW_CHECK(again == samples);
  return 0;
}
