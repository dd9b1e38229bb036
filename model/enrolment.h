#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace forewarn {

// A one-time permission to enrol one probe. The token itself is shown once and never stored.
// Stored under StateKind::kToken by its hash, in the control partition. Times are arrival times.
struct EnrolmentToken {
  std::string hash;  // SHA-256 of the token, hex
  std::string customer;
  std::string installation;
  Timestamp created_at;
  Timestamp expires_at;
  std::string created_by;
  std::optional<Timestamp> used_at;
  std::string used_by;  // the probe it became

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.hash);
    visit(2, self.customer);
    visit(3, self.installation);
    visit(4, self.created_at);
    visit(5, self.expires_at);
    visit(6, self.created_by);
    visit(7, self.used_at);
    visit(8, self.used_by);
  }
};

}  // namespace forewarn
