#!/bin/sh
# image.sh SUITE TAG PACKAGE…: an image of a Debian suite with R and these of its packages, for tests of the R runtime.
# Debian's binary packages need no compiler and no CRAN. The host's apt proxy and CA settings are used while it runs.
set -eu

suite=$1
tag=$2
shift 2
packages=$(IFS=,; echo "r-base-core,$*")

set -- --mode=auto --variant=apt --components=main --format=tar --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*'
if [ "$suite" = sid ]; then
    set -- "$@" --aptopt='Acquire::Check-Valid-Until "false"'
fi
for key in Acquire::http::Proxy Acquire::https::Proxy Acquire::https::CaInfo; do
    value=
    eval "$(apt-config shell value "$key")"
    if [ -n "$value" ]; then
        set -- "$@" --aptopt="$key \"$value\""
    fi
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap "$@" "$suite" "$folder/root.tar" ${WELES_DEBIAN_MIRROR:+"$WELES_DEBIAN_MIRROR"}
docker import --change 'LABEL weles.test=r' "$folder/root.tar" "$tag" >/dev/null
