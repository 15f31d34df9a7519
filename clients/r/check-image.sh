#!/bin/sh
# The image that the R package is checked in: Debian's R with what the package and its tests need. Prints its tag.
#
# Made once from a Debian mirror (about a minute) and kept; made again when this script changes.
# WELES_DEBIAN_MIRROR is the site's mirror; without it mmdebstrap uses its own default.
set -eu

suite=trixie
packages=r-base-core,r-recommended,pandoc,tzdata,ca-certificates
for package in httr2 curl jsonlite cli testthat knitr rmarkdown roxygen2 lintr bit64 randomforest e1071 ranger glmnet caret mlr; do
    packages=$packages,r-cran-$package
done
tag=weles-check/r:$(sha256sum "$0" | cut -c 1-12)

if docker image inspect "$tag" >/dev/null 2>&1; then
    echo "$tag"
    exit 0
fi
command -v mmdebstrap >/dev/null || {
    echo "mmdebstrap is missing: on Debian, as root: apt-get install mmdebstrap" >&2
    exit 69
}

set -- --mode=auto --variant=apt --components=main --format=tar \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/lintian/*'
for key in Acquire::http::Proxy Acquire::https::Proxy Acquire::https::CaInfo; do
    value=
    eval "$(apt-config shell value "$key")"
    if [ -n "$value" ]; then
        set -- "$@" --aptopt="$key \"$value\""
    fi
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap "$@" --include="$packages" \
    --customize-hook='rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
    "$suite" "$folder/root.tar" ${WELES_DEBIAN_MIRROR:+"$WELES_DEBIAN_MIRROR"} >&2
docker import --change 'LABEL weles.check=r' --change 'ENV LANG=C.UTF-8' "$folder/root.tar" "$tag" >&2
echo "$tag"
