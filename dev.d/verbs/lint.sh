#!/usr/bin/env bash
# Checks formatting, and clang-tidy on the files that changed.
#
# ./dev lint [--all | --since REVISION]
# Without arguments: what differs from where this branch left origin/main, committed or not. --all takes about
# three quarters of an hour on two cores: 8 to 25 seconds a file.
since=$(git merge-base HEAD origin/main 2> /dev/null || git rev-parse HEAD)
case "${1:-}" in
  --all) since= ;;
  --since) since=$2 ;;
  '') ;;
  *) die "lint knows --all and --since REVISION, not '$1'" ;;
esac
need "${packages_build[@]}" "${packages_lint[@]}"
lint_format
lint_tidy "$since"
