#!/usr/bin/env bash
# Runs the tests that may use threads under the thread sanitizer.
#
# ./dev tsan [CTEST ARGUMENTS]
# Those that run neither gRPC nor RocksDB, whose packaged builds the sanitizer cannot see into; the list is in
# cmake/forewarn.cmake.
need "${packages_build[@]}"
build tsan tsan_tests
run_ctest tsan --preset tsan "$@"
