// What parses prints as text that parses to the same tree, and evaluates to a value or to a reason.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/promql/ast.h"
#include "rules/promql/promql.h"
#include "rules/series_notation.h"

namespace {

using namespace forewarn;

class SmallSource : public SeriesSource {
 public:
  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits&) const override {
    static const std::vector<SeriesData> all = [] {
      std::vector<SeriesData> series;
      for (const char* text :
           {"a{i=\"1\",le=\"1\"} 0+1x10", "a{i=\"2\",le=\"+Inf\"} 5 3 NaN stale _ -Inf 7",
            "b{i=\"1\"} 1e300x10"}) {
        series.push_back(ParseSeries(text)->At(kTimeZero, 1min));
      }
      return series;
    }();
    std::vector<SeriesData> found;
    for (const SeriesData& series : all) {
      if (matchers.empty() || !MatchesAll(matchers, series.labels)) continue;
      SeriesData cut{series.labels, {}};
      for (const Sample& sample : series.samples) {
        if (sample.at >= from && sample.at <= to) cut.samples.push_back(sample);
      }
      if (!cut.samples.empty()) found.push_back(std::move(cut));
    }
    return found;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = promql::Parse(text);
  if (!parsed.ok()) return 0;
  const auto again = promql::Parse(parsed->ToString());
  // A long text may print longer than what is read.
  if (!again.ok()) {
    if (parsed->ToString().size() <= 64 * 1024) std::abort();
    return 0;
  }
  if (!promql::SameTree(parsed->root(), again->root())) std::abort();
  (void)parsed->Keeps("i");
  (void)parsed->Reach();
  (void)parsed->With(Matcher::Equal("i", "1")).Selectors();

  promql::EvalLimits limits;
  limits.max_operations = 100'000;
  const SmallSource source;
  (void)promql::EvaluateAt(*parsed, source, kTimeZero + 5min, limits);
  (void)promql::EvaluateRange(*parsed, source, kTimeZero, kTimeZero + 10min, 1min, limits);
  return 0;
}
