#!/usr/bin/env bash
# Runs loops of tools by Python's libraries of agents (test/matrix/agents/python) against the simulated vendors of the
# matrix. Where there is no Python, or its packages cannot be fetched, one line says so and nothing fails. Everything it
# makes is in .tmp/agents.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH
work=$PWD/.tmp/agents
mkdir -p "$work"

python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || {
  echo "agents in Python not run: no Python from 3.10 on with venv"
  exit 0
}
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
timeout 400 "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  -r test/matrix/agents/python/requirements.txt >"$work/pip.log" 2>&1 || {
  echo "agents in Python not run: its packages cannot be fetched"
  exit 0
}

# The vendors and the gateway end with their input.
coproc matrix { exec node test/matrix/agents/serve.ts; }
IFS= read -r served <&"${matrix[0]}"
start=$SECONDS
status=0
timeout 600 "$work/venv/bin/python" test/matrix/agents/python/loops.py <<<"$served" || status=$?
kill "$matrix_PID" 2>/dev/null || true
[ "$status" = 0 ] && echo "agents in Python: passed in $((SECONDS - start)) s"
exit "$status"
