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

// The door through which probes push (proto/forewarn/v1/ingest.proto is its specification). Each
// stream is a reactor that gRPC's threads and the committer's thread meet in; none of them ever
// waits there. A batch is read, checked and handed to its shard; its ack leaves when the commit is
// durable. Acks that gather while one is being sent leave as one. When the shard's queue is full,
// the stream holds the batch, tells the probe to slow down, reads no more, and tries again.
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
