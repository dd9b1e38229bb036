#include "collector/known_customers.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/ids.h"

namespace forewarn {

Status CheckIsInBundle(const Desk& desk, const std::string& customer) {
  Status known = OkStatus();
  FW_RETURN_IF_ERROR(desk.Ask(kControlPartition, [&](const Shard& shard) {
    const Bundle& bundle = shard.bundle();
    auto is_it = [&](const Customer& each) { return each.id == customer; };
    if (bundle.id.empty() || std::ranges::any_of(bundle.customers, is_it)) return;
    known =
        NotFound(fmt::format("customer: there is no customer '{}' in the bundle in force; add it "
                             "to the bundle's customers.yaml and "
                             "apply that with `forewarnctl apply`, or give one of those that "
                             "`forewarnctl bundle show --files` lists",
                             customer));
  }));
  return known;
}

Status CheckIsKnown(const Desk& desk, const std::string& customer) {
  if (customer.empty()) return OkStatus();
  bool has_probe = false;
  FW_RETURN_IF_ERROR(desk.Ask(PartitionOf(customer), [&](const Shard& shard) {
    has_probe = std::ranges::any_of(shard.contacts().all(), [&](const auto& item) {
      return item.second.identity.customer == customer;
    });
  }));
  return has_probe ? OkStatus() : CheckIsInBundle(desk, customer);
}

}  // namespace forewarn
