#!/usr/bin/env bash
# engine_with_mirror.sh FOLDER CACHE: a Docker Engine of its own, on FOLDER/docker.sock, that pulls from a registry beside it.
# Both live in a network namespace without any way out; they end with this process. Root on Debian.
set -euo pipefail
folder=$1 cache=$2
if [ "${3:-}" != inside ]; then
  "$(dirname "$0")/../../registry_program.sh" "$cache"
  exec unshare --net --mount -- "$0" "$folder" "$cache" inside
fi
ip link set lo up
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: "%s/registry"}}\nhttp: {addr: "127.0.0.1:5000"}\n' "$folder" >"$folder/registry.yml"
setpriv --pdeathsig TERM "$cache/usr/bin/docker-registry" serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
exec dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
  --bridge none --iptables=false --ip-masq=false --registry-mirror http://127.0.0.1:5000 >"$folder/dockerd.log" 2>&1
