#!/bin/sh
# Makes sure that what the tests need is there: the npm packages, a Chromium for the browser tests,
# a Redis server, PostgreSQL, Prometheus with promtool, and a NATS server. CHROMIUM_PATH and
# REDIS_SERVER_PATH name other executables; POSTGRES_BIN_PATH, PROMETHEUS_BIN_PATH and NATS_BIN_PATH
# name other folders with programs. Prints nothing when there is nothing to do.
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

# What is unpacked and not installed, because its package would start a server and bring more: the
# name for people, the package, the folder for its programs, its variable, the variable's value, and
# the paths of the programs in the package.
unpack() {
  name=$1 package=$2 folder=$3 variable=$4 value=$5
  shift 5
  for program; do last=$folder/${program##*/}; done
  [ -x "$last" ] && return 0
  if [ -n "$value" ]; then
    echo "$variable=$value has no ${last##*/}." >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need $name: set $variable to a folder with its programs." >&2
    exit 1
  fi
  echo "Unpacking $name for the tests ..."
  work=$(mktemp -d)
  if ! (
    cd "$work"
    { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; } &&
      dpkg-deb --extract "$package"_*.deb unpacked &&
      mkdir -p "$folder" &&
      for program; do mv "unpacked/$program" "$folder" || exit 1; done
  ) </dev/null >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    echo "$name could not be unpacked: set $variable to a folder with its programs." >&2
    exit 1
  fi
  rm -rf "$work"
}

unpack Prometheus prometheus "${PROMETHEUS_BIN_PATH:-/usr/local/lib/prometheus-for-tests}" \
  PROMETHEUS_BIN_PATH "${PROMETHEUS_BIN_PATH:-}" usr/bin/prometheus usr/bin/promtool
unpack "a NATS server" nats-server "${NATS_BIN_PATH:-/usr/local/lib/nats-for-tests}" \
  NATS_BIN_PATH "${NATS_BIN_PATH:-}" usr/sbin/nats-server
