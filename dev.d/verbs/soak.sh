#!/usr/bin/env bash
# Long runs that CI has no time for: seeds of the simulator, kills, faults, attacks, an hour of remote write,
# questions for Prometheus, a fresh Debian.
#
# ./dev soak sim [SEEDS]      the simulator with SEEDS seeds (2000 by default) under the sanitizers
# ./dev soak kill [KILLS]     kill -9 of the collector under 100 000 samples a second, KILLS times (200 by default), and
#                             a comparison with a run without; then the tests that kill collector and probe, 10 times
# ./dev soak faults [FAULTS] [SEED]
#                             the same with a disk that fails, fills up or loses its power below the collector, FAULTS
#                             times (200 by default); prints each fault and its seed
# ./dev soak attacks          what one customer's probe can do to the others, with the numbers of an attack that means it
#                             (10000 idle streams; needs `ulimit -n` of 20000); prints what each cost
# ./dev soak write [SECONDS]  a real Prometheus writes for SECONDS (3600 by default) to a collector that is killed now and
#                             then; both must answer alike
# ./dev soak promql [QUESTIONS] [SEED]
#                             a real Prometheus and the collector are asked QUESTIONS (100000 by default) made from a
#                             seed; both must answer alike
# ./dev soak fresh            ./dev test and ./dev run --demo in a Debian that has only its base and git; as root
what=${1:-}
# Not by ctest, whose time-outs are for the small forms.
integration() { /usr/bin/python3 -B "tests/integration/$1_test.py"; }
case "$what" in
  sim)
    need "${packages_build[@]}"
    build asan test_sim
    FW_SIM_SEEDS=${2:-2000} ctest --preset asan-all --tests-regex '^sim$' --timeout 36000
    ;;
  kill)
    need "${packages_build[@]}" "${packages_run[@]}"
    build release programs load_programs
    FW_CRASH_HOSTS=25 FW_CRASH_KILLS=${2:-200} integration crash
    ctest --preset release --tests-regex '^integration_kill$' --repeat until-fail:10
    ;;
  faults)
    need "${packages_build[@]}" "${packages_run[@]}"
    build release programs load_programs
    FW_CRASH_HOSTS=25 FW_FAULTS=${2:-200} FW_FAULTS_SEED=${3:-$RANDOM} integration faults
    ;;
  attacks)
    need "${packages_build[@]}"
    build release programs test_attacks
    ulimit -n 20000 || die "soak attacks needs 20000 open files; raise the hard limit of 'ulimit -n'"
    FOREWARN_ATTACKS=full FOREWARN_PROGRAMS=build/release/bin build/release/tests/integration/test_attacks
    ;;
  write)
    need "${packages_build[@]}" "${packages_run[@]}"
    get_debian_peers
    build release programs
    FW_REMOTE_WRITE_SECONDS=${2:-3600} integration remote_write
    ;;
  promql)
    need "${packages_build[@]}" "${packages_run[@]}"
    get_debian_peers
    build release programs
    FW_PROMQL_QUESTIONS=${2:-100000} FW_PROMQL_SEED=${3:-$RANDOM} integration promql
    ;;
  fresh)
    tests/fresh_debian.sh bash -c './dev test && ./dev run --demo'
    ;;
  *) die "soak knows sim, kill, faults, attacks, write, promql and fresh; ./dev soak --help tells more" ;;
esac
