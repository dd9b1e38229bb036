#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/time.h"

namespace forewarn {

namespace v1 {
class PushRequest;
class PushResponse;
}  // namespace v1

// The batch that the collector refused, by the trailer `forewarn-refused`.
struct RefusedBatch {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
};

// The way to the collector, as the push stream needs it. The real one is in grpc_transport.cc;
// tests have one that loses, delays and refuses.

// One call of IngestService.Push. Nothing here waits for the network but Receive(), as long as it
// is told. Used by one thread. Destroying it cancels the call.
class PushCall {
 public:
  virtual ~PushCall() = default;

  // Queues one message. False when the call is over, and status() will say why. What is queued is
  // bounded by the caller's window.
  virtual bool Send(const v1::PushRequest& request) = 0;

  // Takes the next response if one comes within `patience` (zero: only one that is here already).
  // False when there was none; ended() tells whether there ever will be.
  virtual bool Receive(v1::PushResponse& response, Duration patience) = 0;

  // The call is over and every response that arrived was taken.
  virtual bool ended() const = 0;
  // Why; meaningful once ended(). OK: the collector closed the stream.
  virtual Status status() const = 0;
  // The batch that the status is about, once ended(). Nothing: it is about the connection.
  virtual std::optional<RefusedBatch> refused() const = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Starts a call and does not wait. A collector that cannot be reached shows as a call that ends.
  virtual std::unique_ptr<PushCall> Open() = 0;
};

// What a mutual TLS connection needs; PEM texts.
struct TlsIdentity {
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
};

struct GrpcOptions {
  std::string collector;  // host:port
  std::string
      server_name;  // to look for in the collector's certificate; empty: the host of `collector`
};

std::unique_ptr<Transport> MakeGrpcTransport(const GrpcOptions& options,
                                             const TlsIdentity& identity);

}  // namespace forewarn
