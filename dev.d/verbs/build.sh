#!/usr/bin/env bash
# Builds a preset: dev (the default), release, asan, tsan, fuzz or tidy.
#
# ./dev build [PRESET [TARGET...]]
# The programs land in build/<preset>/bin. Same as cmake --preset P && cmake --build --preset P, with the
# Debian packages installed first.
need "${packages_build[@]}"
preset=${1:-dev}
[[ $# -gt 0 ]] && shift
[[ "$preset" == fuzz ]] && need "${packages_fuzz[@]}"
[[ "$preset" == tidy ]] && need "${packages_lint[@]}"
build "$preset" "$@"
