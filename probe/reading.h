#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/utf8.h"
#include "model/labels.h"
#include "model/telemetry.h"

namespace forewarn {

// What the probe reads, before it has a place in a batch. Plain values; not thread-safe.

// A series as one string: label names and values in turn, each behind its length as a varint, names
// sorted by bytes. Two readings belong to the same series exactly when these strings are equal, so
// that a dictionary needs one look-up and no parsing.
using SeriesName = std::string;

using LabelView = std::pair<std::string_view, std::string_view>;

// `name` becomes the label `__name__`. Labels with an empty value are left out, as Prometheus does;
// bytes of a value that are not UTF-8 become U+FFFD, since a mount point may hold anything. Label
// names are the source's own constants: unique, and of the form that the protocol asks for.
SeriesName MakeSeriesName(std::string_view name, std::initializer_list<LabelView> labels);
SeriesName MakeSeriesName(std::string_view name, std::vector<LabelView> labels);

// Names and values in turn; the views point into `series`. False when it is not a series name.
bool SplitSeriesName(std::string_view series, std::vector<std::string_view>& out);

// `node_load1{a="b"}`, for people.
std::string SeriesText(std::string_view series);

struct Reading {
  SeriesName series;
  double value = 0;

  friend bool operator==(const Reading&, const Reading&) = default;
};

// Everything that is not a sample.
struct Reports {
  std::vector<Event> events;
  std::vector<Check> checks;
  std::vector<Fact> facts;
  std::vector<Change> changes;

  bool empty() const {
    return events.empty() && checks.empty() && facts.empty() && changes.empty();
  }

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.events);
    visit(2, self.checks);
    visit(3, self.facts);
    visit(4, self.changes);
  }
};

// What sources add to during one round. All samples of a round share its time.
class Readings {
 public:
  // `at`: event time of the round.
  explicit Readings(Timestamp at) : at_(at) {}

  Timestamp at() const { return at_; }

  void Sample(std::string_view name, std::initializer_list<LabelView> labels, double value) {
    samples.push_back({MakeSeriesName(name, labels), value});
  }
  void Sample(std::string_view name, double value) { Sample(name, {}, value); }

  std::vector<Reading> samples;
  Reports reports;

 private:
  Timestamp at_;
};

}  // namespace forewarn
