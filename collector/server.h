#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "collector/ca.h"

namespace grpc {
class Service;
}

namespace forewarn {

struct RpcServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port; port 0: any free one
  KeyAndChain server;
  std::string client_ca_pem;  // who signs the certificates of probes and operators
  // Whether the value of `authorization` opens the calls that a token may make; null: none does.
  std::function<Status(std::string_view)> check_token;
  int64_t max_message_bytes = 16 << 20;
  int64_t memory_bytes = 512 << 20;  // of all calls' buffers together; beyond it gRPC stops reading
  bool reflection = false;           // for operators
};

// The listener for gRPC over TLS. Asks each client for a certificate and verifies what comes; which
// call needs whose is asked of CheckAccess() before any handler runs. Serves grpc.health.v1.Health
// with one name for each service and "" for all, reflection if wanted.
class RpcServer {
 public:
  // `services` are loans that outlive it. Fails with the address when it cannot listen. Starts
  // NOT_SERVING.
  static StatusOr<std::unique_ptr<RpcServer>> Start(const RpcServerOptions& options,
                                                    const std::vector<grpc::Service*>& services,
                                                    const std::vector<std::string>& service_names);
  // Shuts down at once if Shutdown() was not called.
  ~RpcServer();

  // Where it listens, with the port that was really taken: `127.0.0.1:43817`.
  const std::string& address() const;

  // What the health service says, for all services.
  void SetServing(bool serving);

  // NOT_SERVING, no new calls, waits at most `patience` for those under way and cancels the rest.
  // Returns when no handler runs any more.
  void Shutdown(Duration patience);

 private:
  struct Impl;

  explicit RpcServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Where a program on this machine finds what listens at `address`.
std::string LocalAddress(const std::string& address);

}  // namespace forewarn
