#!/usr/bin/env bash
# Runs ./dev in a Debian 12 that has nothing but its base, git and root: the proof that ./dev installs all it
# needs. Takes root, debootstrap, and as long as a cold build takes.
#
#   tests/fresh_debian.sh [--keep] [COMMAND...]      by default: ./dev test
#
# The system is made in build/fresh from the mirrors that this machine's apt uses, the commit that is checked
# out is cloned into it, and it is removed afterwards; --keep leaves it for a next run to go on with.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
keep=
[[ "${1:-}" == --keep ]] && keep=yes && shift
[[ $# -gt 0 ]] || set -- ./dev test
[[ $(id -u) -eq 0 ]] || {
  echo "fresh_debian: needs root, for debootstrap and chroot" >&2
  exit 2
}
command -v debootstrap > /dev/null || apt-get -qq install -y debootstrap

system=$PWD/build/fresh
mounted=()
clean_up() {
  local where
  for where in "${mounted[@]}"; do umount --recursive --lazy "$system/$where"; done
  if mountpoint -q "$system"; then umount --recursive --lazy "$system"; fi
  [[ -n "$keep" ]] || rm -rf --one-file-system "$system"
}
trap clean_up EXIT

if [[ ! -x $system/usr/bin/git ]]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  [[ -n "$mirror" ]] || {
    echo "fresh_debian: this machine's apt knows no mirror of bookworm" >&2
    exit 2
  }
  mkdir -p "$system"
  debootstrap --variant=minbase --include=git,ca-certificates bookworm "$system" "$mirror"
  # The same mirrors as outside; nothing else of this machine.
  rm -f "$system/etc/apt/sources.list"
  cp -r /etc/apt/sources.list.d/*.sources "$system/etc/apt/sources.list.d/" 2> /dev/null || true
  [[ ! -f /etc/apt/sources.list ]] || cp /etc/apt/sources.list "$system/etc/apt/"
fi
# A mount of its own, as the root of a machine is: what runs inside makes mounts that only it sees.
mount --bind "$system" "$system"
mount --make-private "$system"
cp -L /etc/resolv.conf /etc/hosts "$system/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"  # also the authorities of a local mirror
for where in proc sys dev; do
  mount --rbind "/$where" "$system/$where"
  mount --make-rslave "$system/$where"
  mounted+=("$where")
done
rm -rf "$system/src"
git clone -q "$PWD" "$system/src"
registry=$(npm config get registry 2> /dev/null || true)
chroot "$system" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 CI="${CI:-}" \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  ${registry:+npm_config_registry="$registry"} bash -c 'cd /src && "$@"' fresh "$@"
