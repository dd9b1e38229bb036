#!/usr/bin/env bash
# Installs, builds and runs every test: what CI runs.
#
# ./dev test
# Three builds, each for what it is good at:
#   asan     address and undefined-behaviour sanitizers: unit, scenario, sim, fuzz corpora, golden, tidy
#   release  what ships: the real programs with real peers, the Helm chart, benchmarks as a smoke run
#   tsan     thread sanitizer: the tests that run neither gRPC nor RocksDB
# Every stage runs even if an earlier one failed. Closes with the time of each stage and the sum of tests.
mkdir -p build
rm -f build/ctest-*.log

sanitized() {
  build asan
  run_ctest asan --preset asan
}
released() {
  build release programs integration_tests bench_programs
  run_ctest release --preset release --label-regex 'integration|helm|bench'
}
threads() {
  build tsan tsan_tests
  run_ctest tsan --preset tsan
}

need "${packages_build[@]}" "${packages_run[@]}" "${packages_lint[@]}"
stage 'peers: Prometheus, node_exporter, Alertmanager, helm, OpenTelemetry' get_peers
stage 'format' lint_format
stage 'asan: build and test' sanitized
stage 'release: build and test the programs' released
stage 'tsan: build and test' threads
close_stages
