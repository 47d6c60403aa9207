#!/bin/sh
# Makes sure that what the tests need is there: the npm packages and a Chromium for the browser tests.
# CHROMIUM_PATH names another browser executable. Prints nothing when there is nothing to do.
set -eu

[ -x node_modules/.bin/vitest ] || npm ci --silent

chromium=${CHROMIUM_PATH:-/usr/bin/chromium}
[ -x "$chromium" ] && exit 0

if [ -n "${CHROMIUM_PATH:-}" ]; then
  echo "CHROMIUM_PATH=$CHROMIUM_PATH is not an executable file." >&2
  exit 1
fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The browser tests need Chromium: install your system's package, or set CHROMIUM_PATH to the executable." >&2
  exit 1
fi

echo "Installing Chromium for the browser tests ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
} </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "Chromium could not be installed: install it by hand, or set CHROMIUM_PATH to the executable." >&2
  exit 1
fi
