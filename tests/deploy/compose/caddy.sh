#!/usr/bin/env bash
# caddy.sh TAG: a Caddy image from Debian, for machines that can pull none; it keeps its certificates in /data as the official one.
. "$(dirname "$0")/image.sh"

debian_with caddy
docker import --change 'ENV XDG_DATA_HOME=/data' --change 'LABEL weles.test=caddy' "$work/root.tar" "$1" >/dev/null
