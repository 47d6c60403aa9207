# Functions for scripts that use Go; to be sourced.

# Finds Go on the PATH or where it is installed by default. Fails where it is not.
find_go() {
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null
}

# Builds the programs of one module into .tmp/tools. Returns 3 where a module cannot be fetched, and fails otherwise
# where the program does not compile: without the network only what was not fetched is missing.
install_go() {
  export GOBIN=$PWD/.tmp/tools
  mkdir -p "$GOBIN"
  timeout 400 go install "$@" >"$GOBIN/go.log" 2>&1 && return 0
  GOPROXY=off timeout 60 go install "$@" 2>&1 | grep -qE 'GOPROXY=off|not found|no required module' && return 3
  cat "$GOBIN/go.log"
  return 1
}
