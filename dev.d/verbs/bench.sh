#!/usr/bin/env bash
# Runs the benchmarks on the release build.
#
# ./dev bench [GOOGLE BENCHMARK ARGUMENTS]
# Compare ratios within one run, never absolute figures of two runs: shared machines drift.
need "${packages_build[@]}"
build release bench_programs
for program in build/release/bench/bench_*; do
  [[ -x "$program" && -f "$program" ]] && "$program" "$@"
done
