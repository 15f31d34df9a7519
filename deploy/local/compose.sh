#!/usr/bin/env bash
# compose.sh: have Compose v2. Prints the folder to be used as DOCKER_CONFIG, or nothing where `docker compose` is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

docker compose version >/dev/null 2>&1 && exit 0
folder=$(deploy/local/plugin.sh docker-compose)
DOCKER_CONFIG=$folder docker compose version >&2
echo "$folder"
