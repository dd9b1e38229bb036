#!/usr/bin/env bash
# Makes the .deb packages of collector, probe and forewarnctl, and on request the container image.
#
# ./dev package [--image]
# The packages land in build/release/packages, and the systemd units are checked. --image makes
# localhost/forewarn/collector with buildah, as root.
image=
case "${1:-}" in
  --image) image=yes ;;
  '') ;;
  *) die "package knows --image, not '$1'" ;;
esac
need "${packages_build[@]}" "${packages_package[@]}"
build release programs

say "systemd units"
# Checked where the programs are: systemd-analyze wants to see them.
for unit in packaging/systemd/*.service; do
  sed "s#/usr/bin/#$root/build/release/bin/#" "$unit" > "build/release/$(basename "$unit")"
  systemd-analyze verify --man=no "build/release/$(basename "$unit")" || die "$unit does not verify"
  systemd-analyze security --offline=true --threshold=30 "build/release/$(basename "$unit")" | tail -n 1
done

say "packages"
rm -rf build/release/packages
cpack --config build/release/CPackConfig.cmake -B build/release/packages > build/release/cpack.log || {
  cat build/release/cpack.log >&2
  die "cpack failed"
}
for package in build/release/packages/*.deb; do
  printf '%s: ' "$(basename "$package")"
  dpkg-deb --field "$package" Depends
done

[[ -n "$image" ]] || return 0
need mmdebstrap buildah
say "container image"
context=build/release/image
mkdir -p $context/bin
strip -o $context/bin/forewarn-collector build/release/bin/forewarn-collector
strip -o $context/bin/forewarnctl build/release/bin/forewarnctl
cp LICENSE $context
depends=$(dpkg-deb --field build/release/packages/forewarn-collector_*.deb Depends)
libraries=$(sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g; s/,*adduser,*//' <<< "$depends")
as_root mmdebstrap --quiet --variant=extract --include="$libraries,ca-certificates,tzdata" bookworm $context/rootfs.tar
as_root buildah bud --quiet --isolation chroot --pull=never -f packaging/Containerfile -t localhost/forewarn/collector $context
