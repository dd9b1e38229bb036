#pragma once

#include <memory>

#include "base/clock.h"
#include "collector/entry_source.h"
#include "collector/metrics.h"
#include "config/collector_settings.h"

namespace grpc {
class Service;
}

namespace forewarn {

// The door through which probes push (proto/forewarn/v1/ingest.proto is its specification): it opens a stream
// (collector/push_stream.h) for each probe, ends them, and takes single pushes.
class IngestService {
 public:
  // Loans that outlive it: all but `limits`.
  IngestService(EntrySink& sink, Metrics& metrics, const Clock& clock, const LimitSettings& limits);
  ~IngestService();

  grpc::Service& service();

  // Streams take nothing more, send the acks of what they took, and end with kUnavailable; new ones
  // are turned away. Returns at once.
  void Drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
