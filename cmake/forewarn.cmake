# Compiler settings and the functions that every folder's CMakeLists.txt uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(FW_SANITIZE "" CACHE STRING "address (with undefined), thread, or nothing")
option(FW_FUZZ "Build the fuzz targets with libFuzzer" OFF)
option(FW_TIDY "Run clang-tidy on every file" OFF)

# -ffp-contract=off: the same fold gives the same doubles on every machine.
add_compile_options(-Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual -Werror
                    -ffp-contract=off -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
# gcc 12 sees out-of-bounds accesses in std::string and std::vector that are not there.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(FW_SANITIZE STREQUAL "address")
  # Without the null checks: the address sanitizer stops there anyway, and they are a fifth of the build's time.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=all
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=address,undefined)
elseif(FW_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()
if(FW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(FW_CCACHE ccache)
if(FW_CCACHE)
  # Paths below the source folder are hashed as relative ones, so that clones and worktrees share.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros ${FW_CCACHE})
endif()
find_program(FW_LLD ld.lld)
if(FW_LLD)
  add_link_options(-fuse-ld=lld)
endif()
if(FW_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy --quiet --warnings-as-errors=*)
endif()

find_package(Threads REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(Protobuf REQUIRED)  # module mode: Debian has no protobuf-config.cmake
find_package(gRPC CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(benchmark CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(zstd CONFIG REQUIRED)
find_package(Snappy CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
find_library(FW_XXHASH xxhash REQUIRED)

# forewarn_library(rules SOURCES a.cc b.cc DEPS model base LIBRARIES re2::re2)
# A folder of the house as the static library fw_<name>. DEPS are folders, LIBRARIES other people's.
function(forewarn_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_library(fw_${name} STATIC ${ARG_SOURCES})
  target_include_directories(fw_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(fw_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_LIBRARIES})
endfunction()

# All that ships.
add_custom_target(programs)

# forewarn_program(forewarn-collector SOURCES main.cc DEPS collector LIBRARIES …)
function(forewarn_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(programs ${name})
  install(TARGETS ${name} RUNTIME COMPONENT ${name})
endfunction()

# The tests that run under the thread sanitizer: those that execute neither gRPC nor RocksDB, whose packaged
# builds it cannot see into.
set(FW_THREAD_SANITIZED base model config rules promql incidents notifier fold scenario sim)
add_custom_target(tsan_tests)
# The tests that print docs/reference anew when FW_REPRINT is set.
add_custom_target(golden_tests)
add_custom_target(integration_tests)

# forewarn_test(rules SOURCES … DEPS rules): one test binary a folder, one ctest entry each.
function(forewarn_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES;LABELS" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(test_${name} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES} GTest::gmock_main)
  target_compile_definitions(test_${name} PRIVATE FW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND test_${name})
  # The kind is the folder below tests/: unit, scenario, sim, …
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR}/tests
             OUTPUT_VARIABLE kind)
  string(REGEX REPLACE "/.*" "" kind "${kind}")
  set(labels ${kind} ${ARG_LABELS})
  list(REMOVE_DUPLICATES labels)
  if(name IN_LIST FW_THREAD_SANITIZED)
    list(APPEND labels tsan)
    add_dependencies(tsan_tests test_${name})
  endif()
  if(kind STREQUAL "golden" OR kind STREQUAL "integration")
    add_dependencies(${kind}_tests test_${name})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}")
endfunction()

add_custom_target(fuzz_targets)

# forewarn_fuzz(promql SOURCES fuzz_promql.cc DEPS rules): with FW_FUZZ a libFuzzer program; otherwise a
# program that replays the corpus tests/fuzz/corpus/<name>, which ctest runs.
function(forewarn_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES})
  add_dependencies(fuzz_targets fuzz_${name})
  if(FW_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cc)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS "fuzz")
  endif()
endfunction()

add_custom_target(bench_programs)
# The load drivers of ./dev bench peers.
add_custom_target(load_programs)

# forewarn_load(write_load SOURCES … DEPS …): a program of bench/ that puts load on a running server.
function(forewarn_load name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES})
  add_dependencies(load_programs ${name})
  add_dependencies(bench_programs load_programs)
endfunction()

# forewarn_bench(head SOURCES … DEPS store): a program of bench/; ctest runs it once over little data.
function(forewarn_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_executable(bench_${name} ${ARG_SOURCES})
  target_include_directories(bench_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  list(TRANSFORM ARG_DEPS PREPEND fw_)
  target_link_libraries(bench_${name} PRIVATE ${ARG_DEPS} ${ARG_LIBRARIES} benchmark::benchmark_main)
  add_dependencies(bench_programs bench_${name})
  add_test(NAME bench_${name} COMMAND bench_${name} --benchmark_min_time=0.001)
  set_tests_properties(bench_${name} PROPERTIES LABELS bench)
endfunction()
