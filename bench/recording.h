#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/workload.h"

namespace forewarn::bench {

// A real target's telemetry as bench/peers/record.py wrote it: a folder with
//
//   series.txt   one series a line, its number the reference: names and values of labels in turn,
//                separated by tabs, `__name__` among them
//   rounds.bin   for each round, all little-endian: time in ms (int64), samples n (uint32),
//                n references ascending (uint32), n values (double)
//
// Read whole, and unchanging from then on. A file that breaks this is refused with its path and the
// line or the offset.
class Recording {
 public:
  struct Round {
    Timestamp at;
    std::vector<uint32_t> refs;
    std::vector<double> values;
  };

  static StatusOr<Recording> Read(const std::string& folder);

  const std::vector<Labels>& series() const { return series_; }
  const std::vector<Round>& rounds() const { return rounds_; }

 private:
  std::vector<Labels> series_;
  std::vector<Round> rounds_;
};

// The host numbered `host` of a fleet in which each host lives through every `options.every`th
// round of the recording, at `options.start` and from there at the recorded distances. The
// recording outlives it.
std::unique_ptr<HostTelemetry> MakeRecordedHost(const Recording& recording,
                                                const WorkloadOptions& options, size_t host);

}  // namespace forewarn::bench
