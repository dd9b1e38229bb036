#pragma once

#include <CLI/CLI.hpp>

#include "bench/workload.h"

namespace forewarn::bench {

// The flags that say which telemetry to send, the same for every load driver. `options` outlives the
// parsing.
inline void AddWorkloadFlags(CLI::App& app, WorkloadOptions& options) {
  app.add_option("--hosts", options.hosts, "Hosts")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Rounds of each host")->capture_default_str();
  app.add_option("--metrics", options.metrics, "Series of a host in the synthetic mix")
      ->capture_default_str();
  app.add_option_function<int64_t>(
      "--interval-ms", [&options](int64_t ms) { options.interval = Duration(ms); },
      "Distance of rounds in the synthetic mix (15000)");
  app.add_option_function<int64_t>(
      "--start-ms", [&options](int64_t ms) { options.start = FromMillis(ms); },
      "Time of the first round, in milliseconds since 1970");
  app.add_option("--seed", options.seed, "Seed of the synthetic mix")->capture_default_str();
  app.add_option("--recording", options.recording,
                 "Folder of bench/peers/record.py, replayed instead of the synthetic mix");
  app.add_option("--every", options.every, "Take every nth round of the recording")
      ->capture_default_str();
}

}  // namespace forewarn::bench
