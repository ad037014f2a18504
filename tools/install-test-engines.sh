#!/usr/bin/env bash
# Brings the real servers that the tests speak to and that npm cannot bring: Mosquitto, VictoriaMetrics, Chromium and
# LibreOffice from Debian's packages, InfluxDB 2.7 built from its Go module. Each is looked for first; without root or apt-get it says what is
# missing, and the tests that need it are skipped and counted. Takes a minute, and once 5 to 10 more for InfluxDB.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { echo "install-test-engines: $*" >&2; }

packages=()
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || packages+=(mosquitto)
command -v mosquitto_pub >/dev/null || packages+=(mosquitto-clients)
command -v victoria-metrics >/dev/null || packages+=(victoria-metrics)
command -v chromium >/dev/null || packages+=(chromium)
command -v soffice >/dev/null || packages+=(libreoffice-calc-nogui)
fc-list 2>/dev/null | grep -qi cjk || packages+=(fontconfig fonts-noto-cjk)

if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Packages of servers start them, on ports that are ours.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
      printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
      chmod +x /usr/sbin/policy-rc.d
    fi
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  else
    say "not installed, and only root with apt-get can: ${packages[*]}"
  fi
fi

if [ -z "${INFLUX_URL:-}" ] && ! command -v influxd >/dev/null; then
  if command -v go >/dev/null && command -v cargo >/dev/null; then
    tools/install-influxd.sh >/dev/null
  else
    say "InfluxDB cannot be built without go and cargo: set INFLUX_URL, INFLUX_TOKEN and INFLUX_ORG to have its tests run"
  fi
fi
say "done"
