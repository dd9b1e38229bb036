#!/usr/bin/env bash
# Starts a collector, a probe on this host and a mail server; Ctrl-C stops them.
#
# ./dev run [--fresh]       keeps its data in build/run; --fresh forgets what earlier runs left
# ./dev run --demo          a small disk of this host fills, and Forewarn is faster: about two minutes
#
# The demonstration mounts the disk in a mount namespace of its own, so that nobody else sees it; without the right to
# make one, a folder with a stated capacity takes its place. Exits with 0 only if ticket and warning came first.
demo=
fresh=()
for argument in "$@"; do
  case "$argument" in
    --demo) demo=yes ;;
    --fresh) fresh=(--fresh) ;;
    *) die "run knows --demo and --fresh, not '$argument'" ;;
  esac
done
need "${packages_build[@]}" "${packages_run[@]}"
build release programs
programs=$root/build/release/bin
if [[ -z "$demo" ]]; then
  exec /usr/bin/python3 -B demo/run.py --programs "$programs" --data build/run "${fresh[@]}"
fi
namespace=()
for try in 'unshare --mount --propagation private' 'unshare --user --map-root-user --mount --propagation private'; do
  if $try true 2> /dev/null; then
    read -ra namespace <<< "$try"
    break
  fi
done
exec "${namespace[@]}" /usr/bin/python3 -B demo/disk_fills.py --programs "$programs" --data build/demo
