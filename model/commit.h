#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/entry.h"
#include "model/labels.h"

namespace forewarn {

// Small numbers for series, given out by their partition in order of first sight; part of the
// database.
using SeriesId = uint32_t;

struct NewSeries {
  SeriesId id = 0;
  Labels labels;
};

// Samples as applied: resolved to ids, duplicates and refused ones left out, results of recording
// rules included. Columns of equal length.
struct AppliedSamples {
  std::vector<SeriesId> ids;
  std::vector<Timestamp> times;
  std::vector<double> values;

  size_t size() const { return ids.size(); }
  void Reserve(size_t count) {
    ids.reserve(count);
    times.reserve(count);
    values.reserve(count);
  }
  void Add(SeriesId id, Timestamp at, double value) {
    ids.push_back(id);
    times.push_back(at);
    values.push_back(value);
  }
};

// A piece of a series that is finished: encoded, never changed again.
struct SealedChunk {
  SeriesId id = 0;
  Timestamp first;
  Timestamp last;
  uint32_t count = 0;
  std::string bytes;
  // How many samples of its commit were applied before it was sealed; grows from chunk to chunk.
  uint32_t after = 0;
};

// What the `state` family holds, one kind each. The numbers are part of the database.
enum class StateKind : uint8_t {
  kPartition = 1,  // where the partition's fold stands: one record, id ""
  kProbe = 2,      // ProbeState by UUID
  kFact = 3,       // Fact by `<probe>/<name>`
  kAlert = 4,      // Alert by id
  kTicket = 5,     // Ticket by number
  kTimeline = 6,   // TimelineItem by ticket and index
  kSilence = 7,
  kOutbox = 8,  // Notification by id
  kToken = 9,
  kBundle = 10,       // the applied Bundle, id ""
  kRules = 11,        // what the rules remember beside alerts, by their own ids
  kAudit = 12,        // who commanded what, by sequence
  kSourceToken = 13,  // SourceToken by hash
};

// A record put under a kind and an id; an empty record removes it.
struct StatePut {
  StateKind kind;
  std::string id;
  std::string record;
};

// Something that happened, kept by time: events, checks, changes, gaps, steps of alerts.
enum class HistoryKind : uint8_t { kEvent = 1, kCheck = 2, kChange = 3, kGap = 4, kAlert = 5 };

struct HistoryRow {
  HistoryKind kind;
  std::string customer;
  std::string probe;  // or empty
  Timestamp at;       // event time
  std::string record;
};

// An entry and all that follows from it: written as one, or not at all.
struct Commit {
  uint32_t partition = 0;
  uint64_t sequence = 0;  // 1, 2, 3, … within the partition
  std::string entry;      // EncodeRecord of the Entry (without its samples)
  std::vector<NewSeries> new_series;
  AppliedSamples samples;
  std::vector<SealedChunk> chunks;
  std::vector<HistoryRow> history;
  std::vector<StatePut> state;

  // Not stored: what the sender is told, and what may leave once the commit is durable.
  Status outcome;
  std::string reply;
  std::vector<Notification> outbox;   // new or changed
  std::vector<std::string> problems;  // failed evaluations, for the log and the metrics
  bool empty =
      false;  // a duplicate, or a tick too early: nothing to write, the outcome still counts
};

}  // namespace forewarn
