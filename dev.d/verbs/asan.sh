#!/usr/bin/env bash
# Runs every test under the address and undefined-behaviour sanitizers.
#
# ./dev asan [CTEST ARGUMENTS]
# Integration tests too, with sanitized programs; ./dev test leaves those to the release build.
need "${packages_build[@]}" "${packages_run[@]}"
get_peers
build asan
run_ctest asan --preset asan-all "$@"
