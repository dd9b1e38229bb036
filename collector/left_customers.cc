#include "collector/left_customers.h"

namespace forewarn {

std::vector<LeftCustomer> WhoLeft(std::vector<LeftCustomer> left, const Bundle& before,
                                  const Bundle& after, Timestamp at) {
  std::erase_if(left, [&](const LeftCustomer& one) {
    return after.FindCustomer(one.id) != nullptr || one.at + kLeftGrace <= at;
  });
  for (const Customer& customer : before.customers) {
    if (!customer.retention.any() || after.FindCustomer(customer.id) != nullptr) continue;
    left.push_back({customer.id, customer.retention, at});
  }
  return left;
}

}  // namespace forewarn
