#!/bin/sh
# Makes sure that what the tests need is there: the npm packages, a Chromium for the browser tests,
# a Redis server, PostgreSQL, and Prometheus with promtool. CHROMIUM_PATH and REDIS_SERVER_PATH name
# other executables, POSTGRES_BIN_PATH and PROMETHEUS_BIN_PATH other folders with PostgreSQL's and
# Prometheus'. Prints nothing when there is nothing to do.
set -eu

[ -x node_modules/.bin/vitest ] || npm ci --silent

# What a test needs: the name for people, the package, the executable, its variable, the variable's
# value.
need() {
  [ -x "$3" ] && return 0
  if [ -n "$5" ]; then
    echo "$4=$5 is not an executable file." >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need $1: install your system's package, or set $4 to the executable." >&2
    exit 1
  fi
  echo "Installing $1 for the tests ..."
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! {
    apt-get update -q &&
      DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$2"
  } </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "$1 could not be installed: install it by hand, or set $4 to the executable." >&2
    exit 1
  fi
}

need Chromium chromium "${CHROMIUM_PATH:-/usr/bin/chromium}" CHROMIUM_PATH "${CHROMIUM_PATH:-}"
need "a Redis server" redis-server "${REDIS_SERVER_PATH:-/usr/bin/redis-server}" \
  REDIS_SERVER_PATH "${REDIS_SERVER_PATH:-}"
need PostgreSQL postgresql "${POSTGRES_BIN_PATH:-/usr/lib/postgresql/15/bin}/postgres" \
  POSTGRES_BIN_PATH "${POSTGRES_BIN_PATH:-}"

# Prometheus is unpacked and not installed: its package would start a server, and bring web pages.
prometheus=${PROMETHEUS_BIN_PATH:-/usr/local/lib/prometheus-for-tests}
if [ ! -x "$prometheus/promtool" ]; then
  if [ -n "${PROMETHEUS_BIN_PATH:-}" ]; then
    echo "PROMETHEUS_BIN_PATH=$prometheus has no promtool." >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need Prometheus: set PROMETHEUS_BIN_PATH to a folder with prometheus and promtool." >&2
    exit 1
  fi
  echo "Unpacking Prometheus for the tests ..."
  work=$(mktemp -d)
  if ! (
    cd "$work"
    { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; } &&
      dpkg-deb --extract prometheus_*.deb unpacked &&
      mkdir -p "$prometheus" &&
      mv unpacked/usr/bin/prometheus unpacked/usr/bin/promtool "$prometheus"
  ) </dev/null >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    echo "Prometheus could not be unpacked: set PROMETHEUS_BIN_PATH to a folder with its programs." >&2
    exit 1
  fi
  rm -rf "$work"
fi
