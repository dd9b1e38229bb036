#!/usr/bin/env bash
# Reprints what is printed from the code: docs/reference, and the chart's golden files.
#
# ./dev docs [--check]
# With --check nothing is written; fails if a page is not what the code says. ctest does that too.
reprint=(env FW_REPRINT=1)
[[ $# -le 1 ]] || die "docs takes --check or nothing, not '$*'"
case "${1:-}" in
  --check) reprint=() ;;
  '') ;;
  *) die "docs knows --check, not '$1'" ;;
esac
need "${packages_build[@]}" "${packages_run[@]}"
get_helm
build dev golden_tests
"${reprint[@]}" ctest --preset dev --label-regex 'golden|helm'
