#!/usr/bin/env bash
# Fuzzes the parsers of foreign bytes with libFuzzer.
#
# ./dev fuzz [--seconds N] [NAME...]
# Each target of tests/fuzz for N seconds (60 by default), two at a time, from its corpus. New inputs are kept
# in build/fuzz/corpus; what crashed is in build/fuzz/crash-*, and belongs into tests/fuzz/corpus once it is
# mended.
seconds=60
names=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --seconds)
      [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || die "fuzz --seconds takes a number of seconds, not '${2:-}'"
      seconds=$2
      shift
      ;;
    -*) die "fuzz knows --seconds N and names of targets, not '$1'" ;;
    *) names+=("$1") ;;
  esac
  shift
done
need "${packages_build[@]}" "${packages_fuzz[@]}"
build fuzz fuzz_targets
if [[ ${#names[@]} -eq 0 ]]; then
  mapfile -t names < <(sed -n 's/^forewarn_fuzz(\([a-z_0-9]*\).*/\1/p' tests/fuzz/CMakeLists.txt)
fi
fuzz_one() {
  local name=$1 program
  program=$(find build/fuzz -type f -name "fuzz_$name" -perm -u+x | head -n 1)
  [[ -n "$program" ]] || die "there is no fuzz target '$name'"
  mkdir -p "build/fuzz/corpus/$name"
  # Naming the functions that an input is the first to reach takes seconds for each, and there are thousands.
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -print_funcs=0 \
    -artifact_prefix="build/fuzz/crash-$name-" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" \
    > "build/fuzz/$name.log" 2>&1 || {
    tail -n 40 "build/fuzz/$name.log" >&2
    echo "fuzz_$name: FAILED, see build/fuzz/$name.log" >&2
    return 1
  }
  echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs, no finding"
}
export -f fuzz_one die
export seconds
printf '%s\n' "${names[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {}'
