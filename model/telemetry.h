#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/labels.h"
#include "model/series_source.h"

namespace forewarn {

// What a probe sends, as the fold sees it: identity attached, limits checked, strings owned. All
// times are event times unless a name says otherwise.

// Who sent it. Comes from the client's certificate, never from the payload.
struct ProbeIdentity {
  std::string customer;
  std::string installation;
  std::string probe;  // UUID

  friend auto operator<=>(const ProbeIdentity&, const ProbeIdentity&) = default;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.customer);
    visit(2, self.installation);
    visit(3, self.probe);
  }
};

// Series in the order of their references. A snapshot, never changed.
struct SeriesTable {
  std::vector<Labels> series;
};

// Stands for one stream of one probe. It says nothing: blocks with the same one share their references, and what
// the head knows of them is forgotten with it.
struct SeriesStream {};

// Samples in columns of equal length, with references for their series.
//
// A block by itself has the table of all its series: sample i belongs to table->series[refs[i]]. A block of a stream
// has the series that it is the first to name: reference r is table->series[r - first_ref], and those below
// first_ref were named by the blocks before it. So every block of a stream has to reach the head, in order, until the
// stream ends (Head::Learn); within this process, they do.
struct SampleBlock {
  std::shared_ptr<const SeriesTable>
      table;  // may be null: no samples, or a stream that names nothing here
  std::shared_ptr<const SeriesStream> stream;  // null: a block by itself
  uint32_t first_ref = 0;                      // of a stream: the reference of table->series[0]
  std::vector<uint32_t> refs;
  std::vector<Timestamp> times;
  std::vector<double> values;

  size_t size() const { return refs.size(); }
};

enum class Severity : int32_t { kInfo = 0, kWarning = 1, kError = 2, kCritical = 3 };

using Attributes = std::vector<std::pair<std::string, std::string>>;

// One error or state report. Equal reports within a round arrive as one event with a count.
struct Event {
  Timestamp at;       // of the first
  Timestamp last_at;  // of the last
  uint64_t count = 1;
  Severity severity = Severity::kInfo;
  std::string source;         // where it was read: `log:/var/log/app.log`, `check:db`
  std::string code;           // the program's own error code, or empty
  std::string message;        // one example, redacted
  std::string template_text;  // the message with its variable parts as <*>
  Attributes attributes;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.at);
    visit(2, self.last_at);
    visit(3, self.count);
    visit(4, self.severity);
    visit(5, self.source);
    visit(6, self.code);
    visit(7, self.message);
    visit(8, self.template_text);
    visit(9, self.attributes);
  }
};

enum class Verdict : int32_t { kPassing = 0, kWarning = 1, kFailing = 2 };

// A health check's verdict.
struct Check {
  Timestamp at;
  std::string name;
  Verdict verdict = Verdict::kPassing;
  std::string message;
  Duration took{0};

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.at);
    visit(2, self.name);
    visit(3, self.verdict);
    visit(4, self.message);
    visit(5, self.took);
  }
};

// One line of inventory, such as `os.kernel` = `6.1.0`. An empty value means it is no longer so.
struct Fact {
  Timestamp at;
  std::string name;
  std::string value;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.at);
    visit(2, self.name);
    visit(3, self.value);
  }
};

// A fact that became another, or anything else that was changed on purpose: a deployment, a
// restart.
struct Change {
  Timestamp at;
  std::string name;
  std::string before;
  std::string after;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.at);
    visit(2, self.name);
    visit(3, self.before);
    visit(4, self.after);
  }
};

// What a probe produced and had to drop. Delivered + declared gaps = produced.
struct Gap {
  std::string kind;    // samples, events, checks, facts, changes
  std::string reason;  // spool_full, expired, corrupt, too_large
  uint64_t count = 0;
  Timestamp from;
  Timestamp to;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.kind);
    visit(2, self.reason);
    visit(3, self.count);
    visit(4, self.from);
    visit(5, self.to);
  }
};

// The end of one collection round: the unit of evaluation.
struct Round {
  Timestamp end;
  Duration interval{0};  // planned distance to the next round's end
  Duration clock_offset{
      0};  // the probe's clock minus ours, as last measured; already taken off all times

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.end);
    visit(2, self.interval);
    visit(3, self.clock_offset);
  }
};

// What one push carries. (source.probe, epoch, sequence) names it for ever: the second arrival of
// the same batch is acknowledged and changes nothing. What comes through a door whose protocol has no
// numbers has epoch 0 and sequence 0; there a sample is known by its series and time alone.
struct Batch {
  ProbeIdentity source;
  uint64_t epoch =
      0;  // grows whenever the probe lost its spool; from the probe's clock at that time
  uint64_t sequence = 0;  // 1, 2, 3, … within an epoch
  SampleBlock samples;    // not in Fields: the store writes them as columns
  std::vector<Event> events;
  std::vector<Check> checks;
  std::vector<Fact> facts;
  std::vector<Change> changes;
  std::vector<Gap> gaps;
  std::vector<Round> rounds;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.source);
    visit(2, self.epoch);
    visit(3, self.sequence);
    visit(4, self.events);
    visit(5, self.checks);
    visit(6, self.facts);
    visit(7, self.changes);
    visit(8, self.gaps);
    visit(9, self.rounds);
  }
};

}  // namespace forewarn
