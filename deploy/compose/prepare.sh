#!/usr/bin/env bash
# prepare.sh: once before the first `docker compose up`: makes the passwords of deploy/compose.yaml (what is there stays)
# and writes down which group may use the engine's socket.
set -euo pipefail
cd "$(dirname "$0")/.."
secrets=compose/secrets
mkdir -p "$secrets"
chmod 700 "$secrets"

# once FILE: its new content from standard input, unless it is there. Containers, which run as users of their own, are given
# the file as it is: it is readable, in a folder that nobody else on this machine may look into.
once() { [ -e "$secrets/$1" ] || { cat >"$secrets/$1.new"; chmod 444 "$secrets/$1.new"; mv "$secrets/$1.new" "$secrets/$1"; }; }
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

random | once database-password
printf 'postgresql+psycopg://weles:%s@postgres/weles' "$(cat "$secrets/database-password")" | once database-url
random | once s3-password
printf '[default]\naws_access_key_id = weles\naws_secret_access_key = %s\n' "$(cat "$secrets/s3-password")" | once s3-credentials

socket=${DOCKER_SOCKET:-/var/run/docker.sock}
if ! grep -qs '^DOCKER_GROUP=' .env; then
  echo "DOCKER_GROUP=$(stat -c %g "$socket")" >>.env
  echo "DOCKER_ROOT=$(docker info --format '{{.DockerRootDir}}')" >>.env
fi
