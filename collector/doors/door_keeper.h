#pragma once

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"
#include "collector/doors/seldom_log.h"
#include "collector/doors/token_directory.h"
#include "collector/http_server.h"
#include "collector/metrics.h"

namespace forewarn {

// Who may come in through one door of the HTTP port. Thread-safe.
class DoorKeeper {
 public:
  // Loans that outlive it. `tokens_without_tls`: also over plain HTTP from other machines.
  DoorKeeper(SourceToken::Door door, const TokenDirectory& tokens, Metrics& metrics,
             const Clock& clock, bool tokens_without_tls)
      : door_(door),
        tokens_(tokens),
        metrics_(metrics),
        clock_(clock),
        tokens_without_tls_(tokens_without_tls),
        refused_(clock) {}

  // kUnavailable while the collector is not `ready`, and what TokenDirectory::Check() says.
  StatusOr<SourceToken> WhoIs(const HttpRequest& request, bool ready) const {
    if (!ready) return Unavailable("the collector is starting or stopping; try again later");
    if (!request.is_private && !tokens_without_tls_) {
      return PermissionDenied(
          "tokens are not taken over plain HTTP from another machine; set http.tls, or, behind a "
          "proxy that ends TLS, doors.tokens_without_tls");
    }
    return tokens_.Check(request.authorization, door_, clock_.Now());
  }

  // Counts who was turned away by the header alone, and says so in the log now and then.
  void TurnedAway(const HttpRequest& request, const Status& why) const {
    metrics_.DoorRequestDone(door_, why.code() == Code::kUnavailable ? "retry" : "unauthenticated");
    if (auto left_out = refused_.Next(fmt::format("{}", static_cast<int>(why.code())))) {
      FW_LOG(kWarn, "door.refused",
             {{"path", request.path}, {"reason", why.message()}, {"left_out", *left_out}});
    }
  }

 private:
  const SourceToken::Door door_;
  const TokenDirectory& tokens_;
  Metrics& metrics_;
  const Clock& clock_;
  const bool tokens_without_tls_;
  mutable SeldomLog refused_;  // by code
};

}  // namespace forewarn
