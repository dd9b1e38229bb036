// Whatever compiles expands, or says why not.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/template.h"

namespace {

// Two series, whatever is asked.
class TwoSeries : public forewarn::SeriesSource {
 public:
  forewarn::StatusOr<std::vector<forewarn::SeriesData>> Select(
      const forewarn::Matchers&, forewarn::Timestamp, forewarn::Timestamp to,
      const forewarn::SelectLimits&) const override {
    return std::vector<forewarn::SeriesData>{{{{"__name__", "up"}, {"job", "a"}}, {{to, 0.5}}},
                                             {{{"__name__", "up"}, {"job", "b"}}, {{to, 2}}}};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto compiled = forewarn::Template::Compile({reinterpret_cast<const char*>(data), size});
  if (!compiled.ok()) return 0;
  const forewarn::Labels labels = {{"instance", "a\u00e9"}, {"ratio", "0.5"}};
  for (const double value : {0.0, 1.5, -1e300, 1e-300, static_cast<double>(NAN), HUGE_VAL}) {
    (void)compiled->Expand(labels, value);
    const TwoSeries source;
    forewarn::promql::Budget budget(1'000'000, forewarn::promql::kRuleWeights);
    forewarn::TemplateQueries queries(source, forewarn::FromMillis(1'772'409'600'000), {}, budget);
    (void)compiled->Expand(labels, value, &queries);
  }
  return 0;
}
