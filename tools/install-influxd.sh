#!/usr/bin/env bash
# Builds InfluxDB 2.7 (influxd) from its Go module into the cache, for machines without Docker; prints its path last.
# Needs go, cargo, gcc and pkg-config. First build: about 10 minutes on 2 cores; afterwards it returns at once.
set -euo pipefail

version=2.7.12
cache="${HUBAO_CACHE_DIR:-$HOME/.cache/hubao}"
binary="$cache/influxd-$version"
say() { echo "install-influxd: $*" >&2; }

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
for tool in go cargo gcc pkg-config; do
  command -v "$tool" >/dev/null || { say "$tool is not installed; install it, or set INFLUX_URL to a running InfluxDB 2"; exit 1; }
done

started=$SECONDS
work="$cache/build-influxd-$version"
mkdir -p "$work/bin"
cd "$work"
say "building influxd $version in $work (about 10 minutes, once per machine)"

# The module carries a replace directive, so `go install pkg@version` refuses it: it is built as a dependency of ours.
cat > main.go <<'GO'
package scratch

import _ "github.com/influxdata/influxdb/v2/cmd/influxd"
GO
[ -f go.mod ] || go mod init hubao/influxd-scratch >&2
say "1/3 fetching modules"
go get "github.com/influxdata/influxdb/v2/cmd/influxd@v$version" >&2
say "2/3 building the pkg-config wrapper that builds libflux"
GOBIN="$work/bin" go install github.com/influxdata/pkg-config@v0.2.14 >&2

# libflux denies warnings that newer Rust compilers have, and asks for an older toolchain than the one installed.
printf '#!/bin/sh\nexec "$@" --cap-lints allow\n' > bin/rustc-wrapper
chmod +x bin/rustc-wrapper
if command -v rustup >/dev/null; then
  RUSTUP_TOOLCHAIN="$(rustup toolchain list | sed -n '1s/ .*//p')"
  export RUSTUP_TOOLCHAIN
fi
say "3/3 compiling ($((SECONDS - started)) s so far)"
(
  while sleep 60; do say "still compiling ($((SECONDS - started)) s)"; done
) &
ticker=$!
trap 'kill "$ticker" 2>/dev/null || true' EXIT
PKG_CONFIG="$work/bin/pkg-config" RUSTC_WRAPPER="$work/bin/rustc-wrapper" \
  go build -tags assets_none -o "$binary.part" github.com/influxdata/influxdb/v2/cmd/influxd >&2
mv "$binary.part" "$binary"
say "done in $((SECONDS - started)) s"
echo "$binary"
