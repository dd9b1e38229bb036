// Whatever compiles expands, or says why not.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rules/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto compiled = forewarn::Template::Compile({reinterpret_cast<const char*>(data), size});
  if (!compiled.ok()) return 0;
  const forewarn::Labels labels = {{"instance", "a\u00e9"}, {"ratio", "0.5"}};
  for (const double value : {0.0, 1.5, -1e300, 1e-300, static_cast<double>(NAN), HUGE_VAL}) {
    (void)compiled->Expand(labels, value);
  }
  return 0;
}
