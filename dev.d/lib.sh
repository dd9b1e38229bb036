# Shared by the verbs of ./dev; sourced, with the repository as the current folder.

root=$PWD
jobs=$(nproc)
# shellcheck source=dev.d/peers.sh
source dev.d/peers.sh

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() {
  echo "dev: $*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo > /dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "'$*' needs root: run it as root once, or install sudo"
  fi
}

# Debian packages by purpose. A name goes into the list of the verb that first needs it.
packages_build=(
  g++ cmake ninja-build ccache lld pkg-config
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  librocksdb-dev prometheus-cpp-dev libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  libcli11-dev libcurl4-openssl-dev libssl-dev libzstd-dev libsnappy-dev zlib1g-dev libxxhash-dev libre2-dev libboost1.81-dev
  libjemalloc-dev
  libgtest-dev libgmock-dev libbenchmark-dev
)
packages_run=(python3 python3-aiosmtpd python3-yaml openssl tzdata)
packages_lint=(clang-format-14 clang-tidy-14)
packages_fuzz=(clang libclang-rt-14-dev llvm-14)
packages_package=(dpkg-dev file systemd)

# missing PACKAGE...: prints those that dpkg does not know as installed.
missing() {
  local name
  for name in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2> /dev/null)" == ii* ]] || echo "$name"
  done
}

apt_lists_read=
read_apt_lists() {
  [[ -n "$apt_lists_read" ]] && return
  as_root apt-get -qq update || echo "dev: some package lists could not be read; going on with the others" >&2
  apt_lists_read=yes
}

# need PACKAGE...: installs what is missing, and does not touch apt when nothing is.
need() {
  local lacking
  mapfile -t lacking < <(missing "$@")
  [[ ${#lacking[@]} -eq 0 ]] && return
  say "installing ${lacking[*]}"
  read_apt_lists
  as_root apt-get -qq install -y --no-install-recommends "${lacking[@]}" > /dev/null ||
    die "these Debian packages could not be installed: ${lacking[*]}"
}

# build PRESET [TARGET...]: configures if need be, and builds.
build() {
  local preset=$1
  shift
  local log=build/configure-$preset.log
  mkdir -p build
  if [[ ! -f build/$preset/build.ninja ]]; then
    cmake --preset "$preset" > "$log" || {
      cat "$log" >&2
      die "cmake --preset $preset failed"
    }
  fi
  local targets=()
  [[ $# -gt 0 ]] && targets=(--target "$@")
  cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
}

# stage NAME COMMAND...: runs one, notes its time and whether it failed, and goes on either way.
stages=()
failed_stages=()
stage() {
  local name=$1 begin=$SECONDS
  shift
  say "$name"
  local verdict=ok outcome
  # In a shell of its own, which its first failing command ends. (Below an `if`, bash would go on instead.)
  set +e
  (
    set -e
    "$@"
  )
  outcome=$?
  set -e
  if [[ $outcome -ne 0 ]]; then
    verdict=FAILED
    failed_stages+=("$name")
  fi
  stages+=("$(printf '%-44s %5d s   %s' "$name" $((SECONDS - begin)) "$verdict")")
}

# Prints the stages, what ctest counted in them, and one line that machines read. Fails if a stage did.
close_stages() {
  local passed=0 failed=0 line
  say "stages"
  printf '%s\n' "${stages[@]}"
  while read -r line; do
    if [[ "$line" =~ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
      failed=$((failed + BASH_REMATCH[1]))
      passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
    fi
  done < <(cat build/ctest-*.log 2> /dev/null)
  printf '%-44s %5d s\n\n' 'in all' "$SECONDS"
  echo "$passed passed, $failed failed"
  [[ ${#failed_stages[@]} -eq 0 ]] && return
  printf 'FAILED: %s\n' "${failed_stages[@]}" >&2
  return 1
}

# run_ctest NAME ARGUMENTS...: ctest with its output kept in build/ctest-NAME.log.
run_ctest() {
  local name=$1
  shift
  set -o pipefail
  ctest --parallel "$jobs" "$@" 2>&1 | tee "build/ctest-$name.log"
}

# cxx_files [FILE...]: the C++ files of the repository, or those among the arguments.
cxx_files() { git ls-files --cached --others --exclude-standard -- "${@:-.}" | grep -E '\.(cc|h)$' || true; }

lint_format() {
  local files
  mapfile -t files < <(cxx_files)
  clang-format-14 --dry-run --Werror --style=file "${files[@]}" 2> build/format.log && return
  grep -c 'error:' build/format.log | sed 's/$/ places are not formatted; first ones below, .\/dev fmt mends them all/' >&2
  grep 'error:' build/format.log | head -n 10 >&2
  return 1
}

# lint_tidy REVISION: clang-tidy on the sources that differ from it; on all of them without one.
lint_tidy() {
  local files changed
  mapfile -t files < <(cxx_files | grep '\.cc$')
  if [[ -n "$1" ]]; then
    mapfile -t changed < <(git diff --name-only --diff-filter=d "$1" -- '*.cc')
    mapfile -t files < <(comm -12 <(printf '%s\n' "${files[@]}" | sort) <(printf '%s\n' "${changed[@]}" | sort))
  fi
  [[ ${#files[@]} -eq 0 ]] && return
  build dev fw_proto  # clang-tidy reads generated headers and compile_commands.json
  echo "clang-tidy on ${#files[@]} files"
  printf '%s\n' "${files[@]}" | xargs -P "$jobs" -n 1 clang-tidy-14 --quiet --warnings-as-errors='*' -p build/dev
}
