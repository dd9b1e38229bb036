#!/usr/bin/env bash
# Runs the benchmarks on the release build, and Forewarn beside Prometheus and VictoriaMetrics.
#
# ./dev bench [GOOGLE BENCHMARK ARGUMENTS]
#     the micro-benchmarks of bench/: codec, fold, commit
# ./dev bench peers [OPTIONS]
#     one table of ratios to Prometheus and VictoriaMetrics on the same telemetry, printed and written to
#     build/bench/peers.md and peers.json; about three quarters of an hour
#       --quick               little of everything in about three minutes: shows that it works
#       --rounds N            how often each system is measured, taking turns (3)
#       --series N,M          numbers of series to ingest (100000,1000000)
#       --samples N           samples of one ingest run (10000000)
#       --data FOLDER         a recording: bytes at rest of real telemetry too
#       --goals 1,2,4         only what these goals need: of 1 to 12
#       --systems A,B         of Prometheus, VictoriaMetrics, Forewarn
#       --out FOLDER          for what it writes (build/bench)
# ./dev bench record FOLDER [--seconds 2400]
#     records a node_exporter of this host, once a second, for --data
#
# Compare ratios within one run, never absolute figures of two runs: shared machines drift.
case "${1:-}" in
  peers)
    shift
    for argument in "$@"; do
      case "${argument%%=*}" in
        --quick | --rounds | --series | --samples | --data | --goals | --systems | --out) ;;
        -*) die "bench peers does not know '$argument'; ./dev bench --help tells what it knows" ;;
      esac
    done
    need "${packages_build[@]}" "${packages_run[@]}"
    get_bench_peers
    build release programs load_programs
    exec /usr/bin/python3 -B bench/peers/run.py "$@"
    ;;
  record)
    shift
    need "${packages_run[@]}"
    get_bench_peers
    exec /usr/bin/python3 -B bench/peers/record.py --exporter "$peers/root/usr/bin/prometheus-node-exporter" "$@"
    ;;
esac
for argument in "$@"; do
  [[ "$argument" == --benchmark_* ]] || die "bench knows peers, record and Google Benchmark's --benchmark_…, not '$argument'"
done
need "${packages_build[@]}"
build release bench_programs
for program in build/release/bench/bench_*; do
  [[ -x "$program" && -f "$program" ]] && "$program" "$@"
done
