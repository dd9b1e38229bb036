#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/labels.h"

namespace forewarn::bench {

// The telemetry that every load driver of bench/ sends, so that what is compared was given the same.
//
// A workload is a number of hosts, each with its own series; a host is collected in rounds, and all
// samples of a round have the same time. Two kinds:
//
//   synthetic   the mix at the top of synthetic_host.cc, `metrics` series a host, every `interval`
//   recorded    a folder that bench/peers/record.py filled from a real node_exporter: each host
//               replays all of it, under its own `instance`, shifted to begin at `start`
//
// The same options give the same telemetry on every machine, whatever the order in which hosts are
// asked: hosts share nothing that changes. So a driver gives each of its streams some hosts and lets
// the streams run in parallel.

// What one host collected at one time.
struct HostRound {
  Timestamp at;                // event time; grows from round to round of a host
  std::vector<uint32_t> refs;  // which series of the host, ascending; all of them when synthetic
  std::vector<double> values;  // as many as refs; may hold NaN when recorded

  size_t size() const { return refs.size(); }
};

// One host's series and rounds. Not thread-safe; hosts may be used by different threads.
class HostTelemetry {
 public:
  virtual ~HostTelemetry() = default;

  // References run from 0 to series() - 1.
  virtual size_t series() const = 0;
  // Labels with a name, `job`, and what tells the host from others. Made anew by each call.
  virtual Labels LabelsOf(uint32_t ref) const = 0;
  // Fills `round` with the next one, reusing its memory, and returns true; false, with `round` as it
  // was, when there are no more.
  virtual bool Next(HostRound& round) = 0;
};

struct WorkloadOptions {
  size_t hosts = 1000;
  size_t rounds = 100;  // of each host; a recording may have fewer
  Timestamp start{};    // of the first round; a host is up to one interval later
  // Of the synthetic mix.
  size_t metrics = 100;
  Duration interval = 15s;
  uint64_t seed = 1;
  // A folder: replay this recording. Empty: the synthetic mix.
  std::string recording = {};
  size_t every = 1;  // take every nth round of the recording
};

class Workload {
 public:
  // Reads the recording, if there is one. InvalidArgument names what is wrong with which file.
  static StatusOr<std::unique_ptr<Workload>> Open(const WorkloadOptions& options);
  virtual ~Workload() = default;

  virtual size_t hosts() const = 0;
  virtual size_t series_per_host() const = 0;
  size_t series() const { return hosts() * series_per_host(); }
  // Rounds that each host will give.
  virtual size_t rounds() const = 0;
  // The host from its first round. `host` is below hosts(). The workload outlives it. Thread-safe.
  virtual std::unique_ptr<HostTelemetry> Host(size_t host) const = 0;
};

}  // namespace forewarn::bench
