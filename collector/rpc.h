#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "collector/calls.h"
#include "collector/identity.h"

namespace forewarn {

// The few lines that every gRPC service needs.

// Codes are gRPC's own. A message longer than a trailer may be is cut at a line, and says so.
grpc::Status ToRpc(const Status& status);

// The URIs of the verified client certificate; none without one.
std::vector<std::string> PeerUris(const grpc::AuthContext& auth);

// The caller, whom the server has let in already (collector/access.h).
StatusOr<ProbeIdentity> PeerProbe(const grpc::ServerContextBase& context);
StatusOr<OperatorIdentity> PeerOperator(const grpc::ServerContextBase& context);

// Answers a unary call from a pool's thread: `handle` may wait. kResourceExhausted when the pool is
// busy.
template <typename Handler>
grpc::ServerUnaryReactor* AnswerFrom(CallPool& calls, grpc::CallbackServerContext* context,
                                     Handler handle) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto call = [reactor, handle = std::move(handle)] { reactor->Finish(ToRpc(handle())); };
  if (!calls.Run(std::move(call))) {
    reactor->Finish(ToRpc(ResourceExhausted("too many calls are waiting; try again in a moment")));
  }
  return reactor;
}

// True once nobody waits for the answer any more: the caller cancelled, went away, or its deadline has
// passed. Good while the call is handled.
using Stop = std::function<bool()>;

// The same for an operator's call, handled by `(service->*handle)(actor, request, response)`.
template <typename Service, typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerOperator(CallPool& calls, grpc::CallbackServerContext* context,
                                         Service* service,
                                         Status (Service::*handle)(const std::string& actor,
                                                                   const Request&, Response&),
                                         const Request* request, Response* response) {
  StatusOr<OperatorIdentity> caller = PeerOperator(*context);
  return AnswerFrom(calls, context, [caller, service, handle, request, response] {
    return caller.ok() ? (service->*handle)(caller->name, *request, *response) : caller.status();
  });
}

// The same for a call that may read much, handled by `(service->*handle)(request, stop, response)`.
template <typename Service, typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerReader(CallPool& calls, grpc::CallbackServerContext* context,
                                       Service* service,
                                       Status (Service::*handle)(const Request&, const Stop&,
                                                                 Response&),
                                       const Request* request, Response* response) {
  Status allowed = PeerOperator(*context).status();
  return AnswerFrom(calls, context, [allowed, context, service, handle, request, response] {
    Stop stop = [context] { return context->IsCancelled(); };
    if (!allowed.ok()) return allowed;
    if (stop()) return Cancelled("the call was given up before its turn came");
    return (service->*handle)(*request, stop, *response);
  });
}

}  // namespace forewarn
