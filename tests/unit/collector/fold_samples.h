#pragma once

#include <memory>
#include <string>

#include "model/entry.h"
#include "model/ids.h"
#include "model/telemetry.h"

// Batches and bundles as the tests of the fold want them.

namespace forewarn {

inline constexpr Timestamp kTestStart = FromMillis(1'780'000'000'000);

inline ProbeIdentity TestProbe(const std::string& customer = "acme") {
  return {customer, "main", "00000000-0000-4000-8000-000000000001"};
}

// One sample of `load` at `at`, and the end of a round there.
inline Entry TestBatch(uint64_t sequence, Timestamp at, double value,
                       const ProbeIdentity& source = TestProbe()) {
  Batch batch;
  batch.source = source;
  batch.epoch = 1;
  batch.sequence = sequence;
  auto table = std::make_shared<SeriesTable>();
  table->series.push_back(Labels{{"__name__", "load"},
                                 {"customer", source.customer},
                                 {"installation", source.installation},
                                 {"probe", source.probe}});
  batch.samples.table = table;
  batch.samples.refs = {0};
  batch.samples.times = {at};
  batch.samples.values = {value};
  batch.rounds = {{at, 30s, {}}};
  return {PartitionOf(source.customer), at, source.probe, std::move(batch)};
}

// An error-level alert on load above 1, told to a support address.
inline Bundle TestBundle() {
  Bundle bundle;
  bundle.id = "00000000000000b1";
  Customer customer;
  customer.id = "acme";
  customer.name = "Acme";
  bundle.customers = {customer};
  Receiver support;
  support.id = "support";
  support.to = {"support@example.com"};
  bundle.receivers = {support};
  Route route;
  route.receivers = {"support"};
  bundle.routes = {route};
  bundle.rule_files = {{"rules/load.yaml", R"(
groups:
- name: load
  rules:
  - alert: LoadHigh
    expr: load > 1
    labels: {severity: error}
    annotations: {summary: "load is {{ $value }}"}
)"}};
  bundle.files = bundle.rule_files;
  return bundle;
}

}  // namespace forewarn
