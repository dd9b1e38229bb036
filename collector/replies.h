#pragma once

#include <cstdint>

namespace forewarn {

// What a shard tells the sender of an entry beyond its outcome: Commit::reply is the record of one of these.
//
//   Batch              BatchReply
//   HelloCommand       ProbeState, as it now is
//   UseTokenCommand    EnrolmentToken, as used
//   TicketCommand      Ticket, as it now is
//   all others         empty

// What was left out of a batch, sample by sample; never silent. All zero, and the record empty, for a batch
// that was taken whole or was applied before.
struct BatchReply {
  uint64_t too_old = 0;
  uint64_t too_new = 0;
  uint64_t duplicate = 0;
  uint64_t series_limit = 0;
  uint64_t accepted = 0;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.too_old);
    visit(2, self.too_new);
    visit(3, self.duplicate);
    visit(4, self.series_limit);
    visit(5, self.accepted);
  }
};

}  // namespace forewarn
