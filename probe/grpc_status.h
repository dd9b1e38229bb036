#pragma once

#include <grpcpp/support/status.h>

#include "base/status.h"

namespace forewarn {

// gRPC's outcome in our words; the codes have the same numbers. A code that we have no word for is
// kUnavailable: worth another try, as gRPC's own UNKNOWN and ABORTED are.
inline Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return OkStatus();
  Code code = static_cast<Code>(status.error_code());
  if (CodeName(code) == "internal" && code != Code::kInternal) code = Code::kUnavailable;
  return {code, status.error_message()};
}

}  // namespace forewarn
