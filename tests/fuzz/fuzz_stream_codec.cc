// The blocks of a stream, each after its length in two bytes; the first byte says how many series the
// stream has named. Nothing crashes; what is taken keeps the promises that the fold relies on, and comes back
// the same from another encoder.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/stream_codec.h"

namespace {

void Look(const forewarn::SampleBlock& samples, size_t series) {
  FW_CHECK(samples.times.size() == samples.size() && samples.values.size() == samples.size());
  FW_CHECK(samples.size() <= forewarn::kPackedSamplesMax);
  for (uint32_t ref : samples.refs) FW_CHECK(ref < series);
  for (forewarn::Timestamp at : samples.times) FW_CHECK(at >= forewarn::kTimeZero);
}

void ComeBack(const forewarn::SampleBlock& samples, size_t series, forewarn::StreamEncoder& encoder,
              forewarn::StreamDecoder& decoder) {
  std::string bytes;
  encoder.Encode(samples.refs, samples.times, samples.values, bytes);
  forewarn::SampleBlock again;
  FW_CHECK(decoder.Decode(bytes, series, again).ok());
  FW_CHECK(again.refs == samples.refs && again.times == samples.times);
  for (size_t i = 0; i < samples.size(); ++i) {
    FW_CHECK(std::bit_cast<uint64_t>(again.values[i]) ==
             std::bit_cast<uint64_t>(samples.values[i]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t series = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  forewarn::StreamDecoder decoder;
  forewarn::StreamEncoder encoder;
  forewarn::StreamDecoder second;
  for (int block = 0; block < 8 && rest.size() > 2; ++block) {
    size_t length =
        static_cast<uint8_t>(rest[0]) | static_cast<size_t>(static_cast<uint8_t>(rest[1])) << 8;
    std::string_view bytes = rest.substr(2, length);
    rest.remove_prefix(2 + bytes.size());
    forewarn::SampleBlock samples;
    if (!decoder.Decode(bytes, series, samples).ok()) return 0;
    Look(samples, series);
    ComeBack(samples, series, encoder, second);
  }
  return 0;
}
