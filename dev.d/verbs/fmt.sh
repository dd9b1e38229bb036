#!/usr/bin/env bash
# Formats every C++ file in place.
#
# ./dev fmt [--check | FILE...]
# With --check nothing is written; fails if a file is not formatted. ctest does that too.
need "${packages_lint[@]}"
if [[ "${1:-}" == --check ]]; then
  [[ $# -eq 1 ]] || die "fmt takes --check or files, not both"
  lint_format
else
  mapfile -t files < <(cxx_files "$@")
  [[ ${#files[@]} -eq 0 ]] || clang-format-14 -i --style=file "${files[@]}"
fi
