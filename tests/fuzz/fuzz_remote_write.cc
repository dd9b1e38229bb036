// What comes to the door of remote write, from the first byte of its snappy block on. Nothing crashes,
// nothing grows beyond the limit, and what is taken keeps the promises that the fold relies on.

#include <cstddef>
#include <cstdint>

#include "collector/doors/inflate.h"
#include "collector/doors/remote_write.h"
#include "tests/fuzz/look_at_batches.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  forewarn::LimitSettings limits;
  forewarn::SourceToken from = forewarn::FuzzSource();
  // The first bit says whether it is compressed, so that both layers are reached.
  bool compressed = !bytes.empty() && (bytes[0] & 1) != 0;
  if (!bytes.empty()) bytes.remove_prefix(1);
  std::string plain(bytes);
  if (compressed) {
    forewarn::StatusOr<std::string> out = forewarn::Unsnappy(bytes, 1 << 20);
    if (!out.ok()) return 0;
    FW_CHECK(out->size() <= 1 << 20);
    plain = *std::move(out);
  }
  forewarn::BatchBuilder builder(from, limits, forewarn::kFuzzNow);
  if (!forewarn::ReadRemoteWrite(plain, builder).ok()) return 0;
  forewarn::LookAtBatches(builder.Take());
  return 0;
}
