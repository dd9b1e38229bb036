#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "model/series_source.h"
#include "rules/detector.h"
#include "rules/rule_file.h"

namespace forewarn {

// All detectors of a partition: one for each series that a `detectors:` entry selects, fed at the
// end of its probe's rounds, before the rules run. What they find becomes series of their own,
// `<record>` and
// `<record>:lower`, `:upper` and `:confidence`, with the labels of the series they watch; a
// detector that ceases to claim anything ends them with stale markers. Not thread-safe.
//
// A detector's state is kept under StateKind::kRules as of some sample; what came after it is read
// from the series again after a restart, which leads to the same state, since a detector is a fold.
// So a snapshot every kSnapshotEvery of event time is enough.
class DetectorBook {
 public:
  using Write = std::function<void(const Labels& labels, Sample sample)>;

  static constexpr Duration kSnapshotEvery = 10min;
  // Of one entry and probe; more are not watched, and it says so.
  static constexpr size_t kSeriesMax = 1000;
  static constexpr std::string_view kIdPrefix = "detector/";

  // Takes the detectors of a bundle. Those that are unchanged keep their state.
  void SetSpecs(std::vector<DetectorSpec> specs);

  // Whether a kRules record is one of these; and what an earlier life wrote.
  static bool IsId(std::string_view id) { return id.starts_with(kIdPrefix); }
  Status Restore(std::string_view id, std::string_view record);

  // Feeds the samples of a probe's series up to `round` (event time); those up to `before`, the
  // round before, have been told already. `source` sees this probe alone. Fails, naming the
  // detector, when series cannot be read or are too many; the others are fed all the same.
  Status Observe(std::string_view probe, const SeriesSource& source, Timestamp before,
                 Timestamp round, const Write& write);
  // The probe is no more.
  void Forget(std::string_view probe);

  void TakeChanges(std::vector<StatePut>& out);

 private:
  // As stored: where one detector stands.
  struct Record {
    std::string spec;  // fingerprint of what was declared
    std::string probe;
    Labels series;
    Timestamp fed;        // the last sample it was told
    bool claims = false;  // whether that led to a finding
    std::string state;

    template <typename Self, typename Visitor>
    static void Fields(Self& self, Visitor&& visit) {
      visit(1, self.spec);
      visit(2, self.probe);
      visit(3, self.series);
      visit(4, self.fed);
      visit(5, self.claims);
      visit(6, self.state);
    }
  };
  struct Watched {
    Record record;
    std::unique_ptr<Detector> detector;  // made when first fed
    Timestamp kept;                      // `fed` of the snapshot that is stored
  };

  Status Feed(const DetectorSpec& spec, std::string_view probe, const SeriesSource& source,
              Timestamp before, Timestamp round, const Write& write);
  Status FeedSeries(const DetectorSpec& spec, Watched& watched, const SeriesData& data,
                    Timestamp before, const Write& write);
  Watched& Get(const DetectorSpec& spec, std::string_view probe, const Labels& series);

  std::vector<DetectorSpec> specs_;
  // By `detector/<probe>/<spec>/<fingerprint of the series>`.
  std::map<std::string, Watched, std::less<>> watched_;
  std::set<std::string> dirty_;
};

}  // namespace forewarn
