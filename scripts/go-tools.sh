# Functions for scripts that use Go; to be sourced.

# Finds Go on the PATH or where it is installed by default. Fails where it is not.
find_go() {
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null
}

# Runs a command of go that may fetch modules, and prints what it says only where it fails. Returns 3 where a module
# cannot be fetched: the same command without the network then says so.
run_go_command() {
  local log offline status=0
  log=$(timeout 400 go "$@" 2>&1) || status=$?
  [ "$status" = 0 ] && return 0
  offline=$(GOPROXY=off timeout 60 go "$@" 2>&1) || true
  [[ $offline != *'disabled by GOPROXY=off'* ]] || return 3
  echo "$log" >&2
  return 1
}

# Builds the programs of one module into .tmp/tools.
install_go() {
  export GOBIN=${GO_TOOLS:-$PWD/.tmp/tools}
  mkdir -p "$GOBIN"
  run_go_command install "$@"
}
