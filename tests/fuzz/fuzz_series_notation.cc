// Whatever the notation spells stays within its bound.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rules/series_notation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto series = forewarn::ParseSeries({reinterpret_cast<const char*>(data), size});
  if (series.ok() && series->values.size() > forewarn::kMaxNotedValues) std::abort();
  return 0;
}
