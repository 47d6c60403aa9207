#!/usr/bin/env bash
# Asks guards that are processes of their own: those of examples/guards, and Presidio by its packages. Where there is no
# Python, or its packages cannot be fetched, one line says so and nothing fails. Everything it makes is in .tmp/guards.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH
work=$PWD/.tmp/guards
mkdir -p "$work"

# Starts a guard, which prints where it listens, and asks it.
check() {
  local kind=$1 line port status=0
  shift
  coproc guard { exec env PORT=0 "$@" 2>"$work/$kind.log"; }
  local pid=$guard_PID
  if IFS= read -r -t 180 line <&"${guard[0]}"; then
    port=$(grep -oE '[0-9]{4,5}' <<<"$line" | tail -1)
    timeout 120 node test/guards/services/live/ask-live.ts "$kind" "$port" || status=$?
  else
    echo "guards: $kind did not start; see $work/$kind.log"
    status=1
  fi
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  [ "$status" = 0 ] && echo "guards: $kind passed"
  return "$status"
}

check example-grpc node examples/guards/guard.ts
python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
  echo "guards in Python not run: no Python from 3.10 on with venv"
  exit 0
}
check example python3 examples/guards/guard.py
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
timeout 400 "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  -r test/guards/services/live/requirements.txt >"$work/pip.log" 2>&1 || {
  echo "Presidio not run: its packages cannot be fetched"
  exit 0
}
check presidio "$work/venv/bin/python" test/guards/services/live/presidio-server.py
