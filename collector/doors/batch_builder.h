#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fingerprint.h"
#include "base/status.h"
#include "base/time.h"
#include "config/collector_settings.h"
#include "model/labels.h"
#include "model/source_token.h"
#include "model/telemetry.h"

namespace forewarn {

// A batch of a door, with what tells its parts from those that came before (source_memory.h).
struct DoorBatch {
  Batch batch;
  // Of each event: the same whenever it is sent.
  std::vector<Fingerprint> event_ids;
  // Samples that hold a difference to the one before and not yet a value; in the order of samples.
  struct Difference {
    size_t sample = 0;
    Fingerprint series;
    Timestamp since;  // event time that it counts from, or kTimeZero when that is not said
  };
  std::vector<Difference> differences;
};

// BatchBuilder turns what one request of a door holds into batches as a probe's push makes them:
// identity attached, everything checked, so that the fold need not. Unlike a push, a request is not
// refused as a whole: what breaks a rule or passes a limit is left out and counted with its reason,
// and the protocol says it to the sender. One for a request; not thread-safe.
class BatchBuilder {
 public:
  // `limits` is a loan; `now` is arrival time.
  BatchBuilder(const SourceToken& from, const LimitSettings& limits, Timestamp now);

  static constexpr uint32_t kNoSeries = UINT32_MAX;
  // What the labels and events of one request may take: one name is in many series, so that little that is
  // sent would make much that is held. What comes after is refused.
  static constexpr size_t kMaxBytes = 64 << 20;

  // Names a series; its labels in any order. `customer`, `installation` and `probe` are set from the
  // token, and a label of that name becomes `exported_<name>`. Returns its reference, or kNoSeries
  // when it breaks a rule, which is then counted against its samples.
  uint32_t AddSeries(std::vector<Labels::Pair> labels);
  // Takes a sample, or counts it as refused when it is of kNoSeries or its time is none.
  void AddSample(uint32_t series, int64_t time_ms, double value);
  // The same for a difference to the sample before, which makes a sample once it was added up.
  // `since_ms`: since when it counts, or 0.
  void AddDifference(uint32_t series, int64_t time_ms, double difference, int64_t since_ms = 0);
  // Takes an event, or counts it as refused when it is too large, too old or too far ahead. Equal ones
  // of a request become one with a count. What is too long for a name of its own (source, code) is
  // cut: nobody is asked to shorten the name of a class. With an `id`, that is what it is known by when
  // it comes again, and not its content; a second one of a request is then the same event.
  void AddEvent(Event event, std::optional<Fingerprint> id = std::nullopt);
  // Counts what the adapter itself could not take.
  void Refuse(uint64_t items, const std::string& why);

  // Where the builder is, and back to there: series and samples since then are as if they had never been
  // added. So what makes several samples is taken whole or not at all.
  struct Mark {
    size_t series = 0;
    size_t samples = 0;
    size_t differences = 0;
  };
  Mark here() const { return {series_.size(), refs_.size(), differences_.size()}; }
  void BackTo(const Mark& mark);

  // kResourceExhausted once something did not fit into kMaxBytes: then nothing more does, and there is no
  // use in preparing it.
  Status room() const;
  const LimitSettings& limits() const { return limits_; }

  uint64_t samples() const { return refs_.size(); }
  uint64_t events() const { return events_.size(); }
  uint64_t refused() const { return refused_; }
  // Of the first that was refused, or empty.
  const std::string& first_reason() const { return first_reason_; }
  // Of the last series that AddSeries() did not take.
  const std::string& series_reason() const { return series_reason_; }

  // What was taken, in batches of a size that lets others through between them; none when there is
  // nothing. Ends the builder.
  std::vector<DoorBatch> Take();

 private:
  void TakeSamples(std::vector<DoorBatch>& batches);
  void TakeEvents(std::vector<DoorBatch>& batches);
  Status Check(const std::vector<Labels::Pair>& labels) const;

  Status Check(const Event& event) const;
  // False when there is no room for so much.
  bool Hold(size_t bytes);

  const LimitSettings& limits_;
  const Timestamp now_;
  const ProbeIdentity source_;
  const std::vector<Labels::Pair> identity_;

  std::vector<Labels> series_;
  std::string series_reason_;  // why the last series was refused
  std::vector<uint32_t> refs_;
  std::vector<Timestamp> times_;
  std::vector<double> values_;
  std::vector<std::pair<size_t, Timestamp>> differences_;  // which of them are, and since when
  std::vector<Event> events_;
  std::vector<std::optional<Fingerprint>> ids_;  // of the events
  std::map<Fingerprint, size_t> event_index_;
  size_t bytes_ = 0;  // of labels and events that were made; above kMaxBytes: one did not fit
  uint64_t refused_ = 0;
  std::string first_reason_;
};

}  // namespace forewarn
