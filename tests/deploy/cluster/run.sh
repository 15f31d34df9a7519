#!/usr/bin/env bash
# run.sh [PYTEST ARGUMENTS]: the tests that need a real cluster, in namespaces of their own.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. tests/deploy/cluster/cache.sh
tests/deploy/cluster/need.sh
tests/deploy/cluster/build.sh
work=$(mktemp -d /tmp/weles-cluster.XXXXXX)
trap 'kill ${registry:-} ${bridge:-} ${crossing:-} 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# What needs indexes is made out here: there is no way to them inside.
if [ -z "${WELES_LAKE_IMAGES:-}" ]; then
  deploy/local/runtime.sh python 3.11
  base=$(docker images --filter label=weles.base=python --format '{{.Repository}}:{{.Tag}}' weles-base/python | grep -E ':3\.11\.[0-9]+$' | head -1)
  BASE=$base deploy/image/build.sh weles-cluster-test
  export WELES_LAKE_IMAGES=weles-cluster-test
fi

# One folder of images with a registry on either side: the engine brings images from outside, the nodes get them inside.
tests/registry_program.sh "$PWD/.cache/docker-registry"
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/python -c 'import sys; from pathlib import Path; from tests.image_registry import configuration
Path(sys.argv[1], "registry.yml").write_text(configuration(Path(sys.argv[1], "images"), int(sys.argv[2])))' "$work" "$port"
.cache/docker-registry/usr/bin/docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!

# People and indexes are outside, the cluster is not: the crossing of the languages runs here when the tests ask for it.
outside=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/python tests/deploy/cluster/bridge.py "tcp:127.0.0.1:$outside" "unix:$work/lake.sock" &
bridge=$!
(
  until [ -e "$work/token" ]; do sleep 0.5; done
  deploy/local/cross.sh "http://127.0.0.1:$outside" "$work/token" "$work/crossing" >"$work/crossing.log" 2>&1 && code=0 || code=$?
  echo "$code" >"$work/crossing.code"
) &
crossing=$!
deploy/local/runtime.sh r 4.5
WELES_CRAN=$(deploy/local/r/cran.sh)
export WELES_CRAN
export WELES_CLUSTER_WORK=$work WELES_CLUSTER_REGISTRY=127.0.0.1:$port WELES_CLUSTER_BINARIES=$binaries
tests/deploy/cluster/in_namespaces.sh .venv/bin/pytest -m cluster "$@"
