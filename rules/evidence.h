#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/series_source.h"
#include "rules/promql/budget.h"

namespace forewarn {

// One customer's installation, or one probe of it, as rules see the world: nothing else exists for
// them.
class ScopedSource : public SeriesSource {
 public:
  // `source` is a loan that outlives it. An empty `probe` is all of the installation.
  ScopedSource(const SeriesSource& source, const std::string& customer,
               const std::string& installation, const std::string& probe);

  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

 private:
  const SeriesSource& source_;
  const Matchers scope_;
};

// Evidence answers, for one rule, which series a result rests on and whether they still have data:
// that is what tells recovery from silence. A series bears on a result when no label that both have
// differs, and is live when its newest sample within the look-back (as wide as the language's) is
// no stale marker. Lives for one evaluation, whose
// budget it uses, and reads each instant once.
class Evidence {
 public:
  // Loans that outlive it. `roots` are the selectors of the rule's underlying series.
  Evidence(const SeriesSource& source, std::span<const Matchers> roots, const SelectLimits& limits,
           Duration lookback, promql::Budget& budget)
      : source_(source), roots_(roots), limits_(limits), lookback_(lookback), budget_(budget) {}

  // The probes whose live series bear on the result at `at`; `has_series` says whether there was
  // any series, with a probe or without.
  struct Basis {
    std::set<std::string> probes;
    bool has_series = false;
  };
  StatusOr<Basis> BasisOf(const Labels& result, Timestamp at);

  // What became of the series that the result rested on at `then`. A selector with any news is
  // news; the worst of the selectors counts.
  enum class Since {
    kNews,    // there are samples after `then`
    kNoNews,  // live still, but nothing was measured since: a result that vanished did so by time
              // alone
    kGone,    // no live series at `now`
  };
  StatusOr<Since> Compare(const Labels& result, Timestamp then, Timestamp now);

 private:
  struct LiveSeries {
    Labels labels;
    Timestamp last;  // sample
  };

  // The live series of a selector at an instant. Results are many when much goes wrong, and so are series: so they
  // are found by the label that tells them apart best.
  struct LiveSet {
    std::vector<LiveSeries> series;
    // How many values each label has among some of them.
    std::map<std::string, size_t, std::less<>> values;
    // By a label and its value, which is empty for those without; made when first asked for.
    using ByValue = std::map<std::string, std::vector<uint32_t>, std::less<>>;
    std::map<std::string, ByValue, std::less<>> by_label;
  };
  StatusOr<LiveSet*> Live(size_t root, Timestamp at);
  // Whether `is_wanted` says so of one of those that bear on the result.
  template <typename IsWanted>
  StatusOr<bool> AnyThatBears(LiveSet& live, const Labels& result, const IsWanted& is_wanted);

  const SeriesSource& source_;
  const std::span<const Matchers> roots_;
  const SelectLimits& limits_;
  const Duration lookback_;

  promql::Budget& budget_;
  std::map<std::pair<size_t, Timestamp>, LiveSet> live_;
};

}  // namespace forewarn
