#!/usr/bin/env bash
# Builds Telegraf with just the plugins that the bench compares hubao with, from its Go module into the cache; prints its
# path last. Needs go. First build: one to five minutes on 2 cores; afterwards it returns at once.
set -euo pipefail

cache="${HUBAO_CACHE_DIR:-$HOME/.cache/hubao}"
binary="$cache/telegraf"
say() { echo "install-telegraf: $*" >&2; }

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi
command -v go >/dev/null || { say "go is not installed"; exit 1; }

started=$SECONDS
mkdir -p "$cache/build-telegraf"
say "building telegraf (a few minutes, once per machine)"
# The tag custom leaves out every plugin that is not named.
GOBIN="$cache/build-telegraf" go install \
  -tags custom,inputs.mqtt_consumer,outputs.influxdb_v2,parsers.json \
  github.com/influxdata/telegraf/cmd/telegraf@latest >&2
mv "$cache/build-telegraf/telegraf" "$binary"
rmdir "$cache/build-telegraf"
say "done in $((SECONDS - started)) s"
echo "$binary"
