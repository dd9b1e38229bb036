#!/usr/bin/env bash
# Long runs that CI has no time for: many seeds of the simulator, many kills, a fresh Debian.
#
# ./dev soak sim [SEEDS]      the simulator with SEEDS seeds (2000 by default) under the sanitizers
# ./dev soak kill [ROUNDS]    the tests that kill -9 collector and probe, ROUNDS times (50 by default)
# ./dev soak fresh            ./dev test and ./dev run --demo in a Debian that has only its base and git; as root
what=${1:-}
case "$what" in
  sim)
    need "${packages_build[@]}"
    build asan test_sim
    FW_SIM_SEEDS=${2:-2000} ctest --preset asan-all --tests-regex '^sim$' --timeout 36000
    ;;
  kill)
    need "${packages_build[@]}" "${packages_run[@]}"
    build release programs
    ctest --preset release --tests-regex '^integration_kill$' --repeat "until-fail:${2:-50}"
    ;;
  fresh)
    tests/fresh_debian.sh bash -c './dev test && ./dev run --demo'
    ;;
  *) die "soak knows sim, kill and fresh; ./dev soak --help tells more" ;;
esac
