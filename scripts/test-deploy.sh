#!/usr/bin/env bash
# Checks the files of deploy/ that other programs read, and the Dockerfile: Helm's linter and engine render the chart with
# each file of test/deploy/values, kustomize builds deploy/kubernetes, Docker Compose's loader reads deploy/compose, and
# BuildKit parses the Dockerfile. What is rendered is decoded as Kubernetes does, and checked for what belongs together
# (test/deploy/check-manifests.ts). deploy/kubernetes must be what the chart gives: with --write it is written anew. Where
# there is no Go, or a module cannot be fetched, one line says so and nothing fails.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/go-tools.sh
source scripts/go-tools.sh

find_go || {
  echo "deployment files not checked: no Go"
  exit 0
}
chart=deploy/helm/parlance
tools=$PWD/.tmp/tools
out=$PWD/.tmp/deploy
rm -rf "$out"
mkdir -p "$tools" "$out"
status=0
run_go_command -C test/deploy/checker build -o "$tools/deploy-checker" . || status=$?
[ "$status" != 3 ] || {
  echo "deployment files not checked: the modules of Helm cannot be fetched"
  exit 0
}
[ "$status" = 0 ] || exit 1

"$tools/deploy-checker" chart "$chart" "$out" test/deploy/values/*.yaml
for values in test/deploy/values/refused/*.yaml; do
  expected=$(head -n 1 "$values" | cut -c 3-)
  if said=$("$tools/deploy-checker" chart "$chart" "$out" "$values" 2>&1); then
    echo "$values is not refused" >&2
    exit 1
  elif [[ $said != *"$expected"* ]]; then
    echo "$values is refused, but not for: $expected: $said" >&2
    exit 1
  fi
done

plain=deploy/kubernetes/parlance.yaml
{
  echo "# Generated from deploy/helm/parlance: scripts/test-deploy.sh --write"
  grep --invert-match --extended-regexp 'helm.sh/chart:|managed-by: Helm' "$out/kubernetes.yaml" | sed 's/ *$//'
} >"$out/plain"
if [ "${1:-}" = --write ]; then cp "$out/plain" "$plain"; fi
diff "$plain" "$out/plain" || {
  echo "$plain is not what the chart gives: scripts/test-deploy.sh --write" >&2
  exit 1
}
"$tools/deploy-checker" dockerfile Dockerfile
"$tools/deploy-checker" kustomize deploy/kubernetes
env PARLANCE_ADMIN_KEY=a POSTGRES_PASSWORD=b REDIS_PASSWORD=c GRAFANA_PASSWORD=d \
  "$tools/deploy-checker" compose deploy/compose/docker-compose.yaml
node_modules/.bin/node test/deploy/check-manifests.ts "$out"/*.yaml
