#!/usr/bin/env bash
# Runs the Connect conformance suite against the edge of the gateway (test/conformance). Where there is no Go, or the
# suite cannot be fetched, one line says so and nothing fails. Built files go to .tmp/tools.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/go-tools.sh
source scripts/go-tools.sh

find_go || {
  echo "conformance not run: no Go"
  exit 0
}
status=0
install_go connectrpc.com/conformance/cmd/connectconformance@v1.0.7 || status=$?
[ "$status" != 3 ] || {
  echo "conformance not run: the module connectrpc.com/conformance cannot be fetched"
  exit 0
}
[ "$status" = 0 ] || exit 1
# Few at a time: the suite waits 10 s for a server to start.
timeout 500 .tmp/tools/connectconformance --mode server --conf test/conformance/config.yaml --max-servers 2 --parallel 4 \
  -- node_modules/.bin/node test/conformance/main.ts >.tmp/conformance.log 2>&1 || {
  tail -n 60 .tmp/conformance.log
  exit 1
}
tail -n 1 .tmp/conformance.log
