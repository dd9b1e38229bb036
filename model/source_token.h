#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace forewarn {

// Who sends through one of the other doors (Prometheus, OpenTelemetry, Alertmanager): a program that
// has no certificate, and shows a token with each request instead. A source stands where a probe
// does: `source_id` is what its series carry as `probe`. The token itself is shown once and never
// stored. Stored under StateKind::kSourceToken by its hash, in the control partition. Times are
// arrival times.
struct SourceToken {
  enum class Door : int32_t { kPrometheus = 1, kOtlp = 2, kAlertmanager = 3, kQuery = 4 };

  std::string hash;  // SHA-256 of the token, hex
  Door door = Door::kPrometheus;
  std::string customer;
  std::string installation;
  std::string source;     // slug; unique within the installation
  std::string source_id;  // UUID that follows from customer, installation and source
  Timestamp created_at;
  std::string created_by;
  std::optional<Timestamp> expires_at;  // none: good until it is revoked

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.hash);
    visit(2, self.door);
    visit(3, self.customer);
    visit(4, self.installation);
    visit(5, self.source);
    visit(6, self.source_id);
    visit(7, self.created_at);
    visit(8, self.created_by);
    visit(9, self.expires_at);
  }
};

}  // namespace forewarn
