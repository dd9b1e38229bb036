#!/usr/bin/env bash
# Formats every C++ and proto file in place.
#
# ./dev fmt [FILE...]
need "${packages_lint[@]}"
mapfile -t files < <(cxx_files "$@")
[[ ${#files[@]} -eq 0 ]] || clang-format-14 -i --style=file "${files[@]}"
