#!/bin/sh
# A root file system with Debian's own Python, for hosts that cannot pull images.
#
#   python.sh SUITE TARGET.tar
#
# SUITE decides the Python: bullseye 3.9, bookworm 3.11, trixie 3.13, sid 3.14.
# WELES_DEBIAN_MIRROR is the site's mirror; without it mmdebstrap uses its own default.
# The host's apt proxy and CA settings are used while it runs, and are not left in the result.
set -eu

suite=$1
target=$2
packages=python3,ca-certificates,libgomp1

set -- --mode=auto --variant=apt --components=main --format=tar \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright'

case $suite in
    bullseye) packages=$packages,python3-distutils ;;
    bookworm)
        packages=$packages,usr-is-merged,python3-distutils
        set -- "$@" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr
        ;;
    trixie) ;;
    sid) set -- "$@" --aptopt='Acquire::Check-Valid-Until "false"' ;;
    *)
        echo "unknown suite $suite: use bullseye, bookworm, trixie or sid" >&2
        exit 64
        ;;
esac

for key in Acquire::http::Proxy Acquire::https::Proxy Acquire::https::CaInfo; do
    value=
    eval "$(apt-config shell value "$key")"
    if [ -n "$value" ]; then
        set -- "$@" --aptopt="$key \"$value\""
    fi
done

# mmdebstrap keeps its apt options and the mirror's address in the result: a site's own must not stay there.
mmdebstrap "$@" --include="$packages" \
    --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
    --customize-hook='ln -sf python3 "$1"/usr/bin/python' \
    --customize-hook='rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*' \
    --customize-hook=': >"$1"/etc/resolv.conf; echo localhost >"$1"/etc/hostname' \
    "$suite" "$target" ${WELES_DEBIAN_MIRROR:+"$WELES_DEBIAN_MIRROR"}
