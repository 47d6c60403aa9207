#!/usr/bin/env bash
# Generates, compiles and runs the programs of examples/clients against a gateway with the simulator, and compares what
# they print. C# is only generated. A missing toolchain or a registry that cannot be reached is said in one line; all
# else that fails is a failure. `scripts/test-clients.sh go rust` runs these only. Everything it makes is in .tmp/clients.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/go-tools.sh
source scripts/go-tools.sh

root=$PWD
PATH=$root/node_modules/.bin:$PATH
work=$root/.tmp/clients
export GO_TOOLS=$root/.tmp/tools
failures=0
mkdir -p "$work"
rm -rf "$work/protos"
protos=$(node scripts/protos/pack-protos.ts "$work/protos")
export PROTOS=${protos%.tar.gz}

# The gateway picks a free port and prints it.
node src/main.ts serve --port 0 --log none >"$work/gateway.log" 2>&1 &
gateway=$!
trap 'kill "$gateway" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  PARLANCE_ADDRESS=$(sed -n 's/.* listens on http:\/\///p' "$work/gateway.log")
  [ -n "$PARLANCE_ADDRESS" ] && break
  kill -0 "$gateway" 2>/dev/null || break
  sleep 0.2
done
[ -n "$PARLANCE_ADDRESS" ] || {
  cat "$work/gateway.log"
  exit 1
}
export PARLANCE_ADDRESS

# A copy of a program without what an earlier run made of it, but for caches of its build tool.
fresh() {
  mkdir -p "$work/$1"
  find "$work/$1" -mindepth 1 -maxdepth 1 ! -name target ! -name venv -exec rm -rf {} +
  cp -r "$root/examples/clients/$1/." "$work/$1"
  cd "$work/$1"
}

# The shortest program of a language prints the answer and no more.
says_hello() {
  local answer
  answer=$("$@") && [[ $answer = 'Hello!'* ]] && return
  echo "the shortest program printed: $answer" >&2
  return 1
}

# Each of these prints what its program prints. 3: a package cannot be fetched.
run_go() {
  install_go google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12 || return
  if [ "$1" = go ]; then
    install_go google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2 || return
  else
    install_go connectrpc.com/connect/cmd/protoc-gen-connect-go@v1.19.1 || return
  fi
  fresh "$1"
  PATH=$GOBIN:$PATH buf generate "$PROTOS" || return
  run_go_command build -o built/ ./... || return
  if [ -e built/shortest ]; then
    says_hello timeout 120 built/shortest || return
  fi
  timeout 120 built/you
}

run_python() {
  fresh "$1"
  python3 -c 'import ensurepip, venv' || return 3
  [ -x venv/bin/python ] || python3 -m venv venv || return
  timeout 300 venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt >pip.log 2>&1 || return 3
  # Not all programs are of the contract.
  [ ! -e generate.sh ] || PATH=$PWD/venv/bin:$PATH sh generate.sh || return
  if [ -e shortest.py ]; then
    says_hello timeout 120 venv/bin/python shortest.py || return
  fi
  timeout 120 venv/bin/python hello.py
}

# Maven up to a phase. It lives too briefly for what its JVM compiles twice: without, it takes half the time.
build_by_maven() {
  local status=0
  timeout 400 mvn "${maven[@]}" "$1" >mvn.log 2>&1 || status=$?
  [ "$status" != 0 ] || return 0
  [ "$status" != 124 ] || return 3
  grep -qE 'Could not (transfer|find) artifact|Unable to resolve artifact|could not be resolved' mvn.log && return 3
  cat mvn.log >&2
  return 1
}
export MAVEN_OPTS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
maven=(--quiet --batch-mode -Dstyle.color=never "-Dprotos=$PROTOS")

run_maven() {
  fresh "$1"
  build_by_maven compile || return
  local printed
  printed=$(timeout 200 mvn "${maven[@]}" exec:java) || return
  # Maven resets the colours of the terminal all the same, in a line of its own.
  echo "$printed" | sed -e 's/\x1b\[0m//g' -e '/^$/d'
}

# The protoc that Maven brings for Java writes C# too: a file for each of the contract's.
generate_csharp() {
  fresh java
  build_by_maven generate-sources || return
  local template='version: v2
plugins: [{ protoc_builtin: csharp, out: csharp, opt: base_namespace=, protoc_path: PROTOC }]'
  buf generate "$PROTOS" --template "${template/PROTOC/"$(echo target/protoc-plugins/protoc-[0-9]*)"}" || return
  [ "$(find csharp -name '*.cs' | wc -l)" = "$(find "$PROTOS" -name '*.proto' | wc -l)" ]
}

run_rust() {
  fresh rust
  timeout 200 cargo fetch --quiet >cargo.log 2>&1 || return 3
  timeout 500 cargo run --quiet --offline
}

# What a program should print. Those of Connect do not ask for the health of the gateway.
printed() {
  case $1 in
    boto3) cat "$root/examples/clients/boto3/printed.txt" ;;
    connect-*) grep -v '^health' "$root/examples/clients/printed.txt" ;;
    csharp) ;;
    *) cat "$root/examples/clients/printed.txt" ;;
  esac
}

# The program of a language, what it needs, and what runs it.
check() {
  local name=$1 tool=$2 status=0 start=$SECONDS
  shift 2
  command -v "$tool" >/dev/null || {
    echo "$name: not run, no $tool"
    return
  }
  (
    trap - EXIT
    "$@"
  ) >"$work/$name.out" 2>"$work/$name.err" || status=$?
  if [ "$status" = 3 ]; then
    echo "$name: not run, its packages cannot be fetched"
  elif [ "$status" = 0 ] && printed "$name" | diff - "$work/$name.out"; then
    local result=passed rest=
    [ "$name" != csharp ] || result=generated rest=', not compiled: no compiler'
    echo "$name: $result in $((SECONDS - start)) s$rest"
  else
    tail -n 40 "$work/$name.err"
    echo "$name: FAILED with status $status"
    failures=$((failures + 1))
  fi
}

find_go || true
for client in "${@:-all}"; do
  case $client in
    all | python) check python python3 run_python python ;;&
    all | connect-python) check connect-python python3 run_python connect-python ;;&
    all | boto3) check boto3 python3 run_python boto3 ;;&
    all | go) check go go run_go go ;;&
    all | connect-go) check connect-go go run_go connect-go ;;&
    all | java) check java mvn run_maven java ;;&
    all | kotlin) check kotlin mvn run_maven kotlin ;;&
    all | csharp) check csharp mvn generate_csharp ;;&
    all | rust) check rust cargo run_rust ;;
  esac
done
exit "$failures"
