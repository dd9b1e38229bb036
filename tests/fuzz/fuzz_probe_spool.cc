// The spool's files: any bytes are scanned without harm, the good part is a prefix, and what
// decodes can be read again.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/record.h"
#include "probe/spool_format.h"

namespace forewarn {
namespace {

void ScanAll(std::string_view bytes) {
  for (SpoolClass which : {SpoolClass::kSamples, SpoolClass::kReports}) {
    SpoolScan scan = ScanSegment(bytes, which, 0);
    FW_CHECK(scan.good_size <= bytes.size());
    std::vector<SeriesName> names;
    for (const SpoolRecordPlace& place : scan.records) {
      FW_CHECK(place.end <= scan.good_size);
      std::string_view payload =
          bytes.substr(place.offset + kSpoolFrameSize, place.frame.payload_size);
      if (which == SpoolClass::kSamples) {
        (void)DecodeSamples(payload, names);
      } else {
        (void)DecodeRecord<Reports>(payload);
      }
    }
  }
}

}  // namespace
}  // namespace forewarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  forewarn::ScanAll(bytes);
  std::vector<forewarn::SeriesName> names;
  (void)forewarn::DecodeSamples(bytes, names);
  (void)forewarn::DecodeManifest(bytes);
  return 0;
}
