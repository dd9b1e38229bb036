#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/bundle.h"

namespace forewarn {

// A customer whom the bundle in force has no more, and the times for which it had their data kept. What was kept for
// longer than by the settings is kept so for kLeftGrace: a customer is soon taken out by mistake, and what is
// dropped does not come back. What the control partition knows of them is a fold over the bundles that were applied.
struct LeftCustomer {
  std::string id;
  CustomerRetention retention;
  Timestamp at;  // when the bundle without them was applied; arrival time

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.id);
    visit(2, self.retention);
    visit(3, self.at);
  }
};

inline constexpr Duration kLeftGrace = 24h;

// Who is away once `after` follows `before`, at `at`: those who had times of their own and leave now, and those of
// `left` who did less than kLeftGrace ago and are not back.
std::vector<LeftCustomer> WhoLeft(std::vector<LeftCustomer> left, const Bundle& before,
                                  const Bundle& after, Timestamp at);

}  // namespace forewarn
