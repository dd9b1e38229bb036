#!/usr/bin/env bash
# Long runs that CI has no time for: many seeds of the simulator, many kills, attacks, a fresh Debian.
#
# ./dev soak sim [SEEDS]      the simulator with SEEDS seeds (2000 by default) under the sanitizers
# ./dev soak kill [ROUNDS]    the tests that kill -9 collector and probe, ROUNDS times (50 by default)
# ./dev soak attacks          what one customer's probe can do to the others, with the numbers of an attack that means it
#                             (10000 idle streams; needs `ulimit -n` of 20000); prints what each cost
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
  attacks)
    need "${packages_build[@]}"
    build release programs test_attacks
    ulimit -n 20000 || die "soak attacks needs 20000 open files; raise the hard limit of 'ulimit -n'"
    FOREWARN_ATTACKS=full ctest --preset release --tests-regex '^attacks$' --verbose
    ;;
  fresh)
    tests/fresh_debian.sh bash -c './dev test && ./dev run --demo'
    ;;
  *) die "soak knows sim, kill, attacks and fresh; ./dev soak --help tells more" ;;
esac
