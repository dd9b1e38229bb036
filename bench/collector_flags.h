#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace forewarn::bench {

// Where the programs that act as probes find a collector, and the right to enrol with it (bench/enrol_probe.h).
inline void AddCollectorFlags(CLI::App& app, std::string& collector, std::string& tls) {
  app.add_option("--collector", collector, "Address of its gRPC door, host:port")->required();
  app.add_option("--tls", tls, "Folder with the collector's ca.pem and operator-admin.{pem,key}")
      ->required();
}

}  // namespace forewarn::bench
