#!/usr/bin/env bash
# Reprints docs/reference from the programs.
#
# ./dev docs [--check]
# With --check nothing is written; fails if a page differs from what the programs print.
need "${packages_build[@]}"
print_reference "$@"
