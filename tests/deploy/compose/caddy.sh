#!/usr/bin/env bash
# caddy.sh TAG: a Caddy image from Debian, for machines that can pull none; it keeps its certificates in /data as the official one.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh
. runtime-images/bootstrap/debian.sh

docker image inspect "$1" >/dev/null 2>&1 && exit 0
command -v mmdebstrap >/dev/null || install mmdebstrap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debian_root bookworm "$work/root.tar" caddy,ca-certificates >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; die "Debian's Caddy could not be installed."; }
docker import --change 'ENV XDG_DATA_HOME=/data' --change 'LABEL weles.test=caddy' "$work/root.tar" "$1" >/dev/null
