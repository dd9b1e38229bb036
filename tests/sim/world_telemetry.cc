#include <fmt/format.h>

#include "tests/sim/world_parts.h"

namespace forewarn::sim {

namespace {

constexpr char kRules[] = R"(
groups:
- name: sim
  interval: 30s
  rules:
  - record: sim:load:avg
    expr: avg_over_time(sim_load[2m])
  - alert: LoadHigh
    expr: sim:load:avg > 0.8
    for: 1m
    labels: {severity: error}
    annotations: {summary: "load of {{ $labels.instance }} is {{ $value }}"}
    forewarn: {warning: generic}
)";

// The minute of the probe's forty.
int64_t MinuteOf(size_t index, Timestamp at) {
  return ((at - kStart) / 1min + static_cast<int64_t>(index) * 13) % 40;
}

}  // namespace

Bundle MakeBundle() {
  Bundle bundle;
  bundle.id = "0000000000000001";
  Customer customer;
  customer.id = kCustomer;
  customer.name = "Acme";
  customer.contacts = {{"Duty manager", "duty@acme.example.com"}};
  bundle.customers = {customer};
  Receiver support;
  support.id = "support";
  support.to = {"support@example.com"};
  Receiver contacts;
  contacts.id = "contacts";
  bundle.receivers = {support, contacts};
  Route inward;
  inward.receivers = {"support"};
  Route outward;
  outward.audience = Audience::kCustomer;
  outward.receivers = {"contacts"};
  bundle.routes = {inward, outward};
  bundle.rule_files = {{"rules/sim.yaml", kRules}};
  bundle.files = bundle.rule_files;
  return bundle;
}

double LoadAt(size_t index, Timestamp at) {
  int64_t minute = MinuteOf(index, at);
  return minute >= 30 ? 0.95 : 0.2 + 0.01 * static_cast<double>(minute % 7);
}

bool IsBlindAt(size_t index, Timestamp at) {
  return MinuteOf(index, at) >= 33 && MinuteOf(index, at) < 36;
}

bool IsLowAt(size_t index, Timestamp round) {
  double sum = 0;
  int count = 0;
  for (Timestamp at = round; at > round - 2min && at > kStart; at -= kRound) {
    if (IsBlindAt(index, at)) continue;
    sum += LoadAt(index, at);
    ++count;
  }
  return count > 0 && sum / count <= 0.8;
}

}  // namespace forewarn::sim
