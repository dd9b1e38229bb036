#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

// All detectors of a partition: one for each series that a `detectors:` entry selects. They are told of samples at the
// end of each of their probe's rounds, before its rules run, and again when one of these has recorded what they watch.
// What they find becomes series of their own, `<record>` and `<record>:lower`, `:upper` and `:confidence`, with the
// labels of the series they watch; a detector that ceases to claim anything ends them with stale markers. Not
// thread-safe.
//
// A detector is told of each sample once, in the order of their times. Its state is always this: a snapshot, which is
// stored under StateKind::kRules, and after it all samples of the series that the source has. The snapshot is made anew
// every kSnapshotEvery of event time; a sample that comes too late for it is passed over, and one that comes late but
// in time makes the detector begin again from the snapshot. So a restart, which knows nothing else, changes nothing.
// What was found is never taken back: a finding is written at the time of the newest sample, once.
class DetectorBook {
 public:
  using Write = std::function<void(const Labels& labels, Sample sample)>;

  static constexpr Duration kSnapshotEvery = 10min;
  // How far back it looks for series, after a start as at any other time: of a series whose newest sample is older when
  // it comes, such as one that is recorded for an earlier time, nothing is told.
  static constexpr Duration kReach = 1h;
  // Of one entry and probe, with samples in kAlive; of more none is told anything, and it says so. Nor when there are more
  // than kLimits has, of which some may have ended.
  static constexpr size_t kSeriesMax = 1000;
  static constexpr SelectLimits kLimits = {.max_series = 10 * kSeriesMax, .max_samples = 5'000'000};
  static constexpr Duration kAlive = 5min;
  static constexpr std::string_view kIdPrefix = "detector/";

  // Takes the detectors of a bundle. Those that are unchanged keep their state.
  void SetSpecs(const std::vector<DetectorSpec>& specs);

  // Whether a kRules record is one of these; and what an earlier life wrote.
  static bool IsId(std::string_view id) { return id.starts_with(kIdPrefix); }
  Status Restore(std::string_view id, std::string_view record);

  // The source has new samples of the probe, `from` the earliest of their times; or has taken one that was derived.
  void Notice(std::string_view probe, Timestamp from);
  void NoticeDerived(std::string_view probe, const Labels& series, Timestamp at);
  // Whether samples were derived that a detector watches and has not been told of.
  bool HasNews(std::string_view probe) const { return news_.find(probe) != news_.end(); }

  // Tells all samples of the probe's series up to `until`, event time, that have not been told yet. Never goes back.
  // `source` sees this probe alone. Fails, naming the detector, when series cannot be read or are too many; the others
  // are told all the same, and this one when it can be.
  Status Observe(std::string_view probe, const SeriesSource& source, Timestamp until,
                 const Write& write);
  // What the last Observe() did, in samples touched (about 10 ns each).
  uint64_t work() const { return work_; }

  // The probe is no more.
  void Forget(std::string_view probe);

  void TakeChanges(std::vector<StatePut>& out);

 private:
  // As stored: the snapshot of one detector.
  struct Record {
    std::string spec;  // fingerprint of what was declared
    std::string probe;
    Labels series;
    Timestamp fed;        // the last sample that is in it
    bool claims = false;  // whether its series were going on
    std::string state;    // empty: none was made yet

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
  // What is beside `record` follows from it and from the source.
  struct Watched {
    Record record;
    std::unique_ptr<Detector> detector;  // made when first told
    std::optional<Timestamp> told;       // the newest sample that it knows
    size_t told_since = 0;               // how many after the snapshot
    std::optional<Finding> newest;       // what it said to the newest
    // What was written last: when, and whether that was a claim or its end.
    std::optional<Timestamp> wrote;
    bool claims = false;
  };
  struct Spec {
    DetectorSpec declared;
    std::string key;
  };
  // Who is told, and what of.
  struct Telling {
    const Spec& spec;
    std::string_view probe;
    const SeriesSource& source;
    Timestamp until;
    const Write& write;
  };

  Status Tell(const Telling& telling);
  Status TellSeries(const Telling& telling, SeriesData data, Timestamp from, bool is_cut);
  // Puts it where its snapshot is.
  Status Rewind(const Telling& telling, Watched& watched);
  Status Recall(const Telling& telling, Watched& watched);
  void WriteFinding(const Telling& telling, Watched& watched);
  void Keep(const std::string& id, Watched& watched);
  StatusOr<std::vector<Sample>> ReadOne(const Telling& telling, const Labels& series,
                                        Timestamp after);

  std::vector<Spec> specs_;
  // By `detector/<probe>/<spec>/<fingerprint of the series>`.
  std::map<std::string, Watched, std::less<>> watched_;
  // By `detector/<probe>/<spec>`: before which time everything that the source has was told. Not kept over a restart, nor
  // when that failed.
  std::map<std::string, Timestamp, std::less<>> since_;
  std::set<std::string, std::less<>> news_;  // probes
  std::set<std::string> dirty_;
  uint64_t work_ = 0;
};

}  // namespace forewarn
