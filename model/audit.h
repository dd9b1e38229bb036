#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/entry.h"

namespace forewarn {

// What a person commanded, as it was carried out: a command, or a bundle that was applied (in the control
// partition alone, where it comes first). Kept under StateKind::kAudit by the sequence of its entry, twenty digits
// with leading zeros.
struct AuditRecord {
  Timestamp at;  // arrival time
  std::string actor;
  std::optional<Command> command;
  std::string bundle;  // its id; empty: a command

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.at);
    visit(2, self.actor);
    visit(3, self.command);
    visit(4, self.bundle);
  }
};

}  // namespace forewarn
