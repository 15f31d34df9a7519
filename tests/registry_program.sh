#!/usr/bin/env bash
# registry_program.sh CACHE: have Debian's docker-registry at CACHE/usr/bin/docker-registry.
set -euo pipefail
cache=$1
[ -x "$cache/usr/bin/docker-registry" ] && exit 0
# Unpacked, not installed: a package that is installed would start a service of this machine.
mkdir -p "$cache"
cd "$cache"
{ apt-get -q download docker-registry || { apt-get -q update && apt-get -q download docker-registry; }; } >&2
dpkg-deb -x docker-registry_*.deb .
