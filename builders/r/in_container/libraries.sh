#!/bin/sh
# Packages of the system that R packages need, from the Debian mirror, without root.
#
# in/wanted has names of -dev packages, in/sources names of Debian source packages (r-cran-…) whose build
# dependencies count too, in/status the dpkg status of the image in which predictions run.
# out/ gets tool=FILE.deb for what compiling needs here, and library=FILE.deb for what that image needs.
# WELES_DEBIAN_MIRROR is the site's mirror; without it this image's own apt sources are used.
set -eu

input=/weles-work/in
output=/weles-work/out
root=$(mktemp -d)
mkdir -p "$root/lists/partial" "$root/tools/archives/partial" "$root/libraries/archives/partial"

. /etc/os-release
mkdir "$root/parts"
if [ -n "${WELES_DEBIAN_MIRROR:-}" ]; then
    echo "deb $WELES_DEBIAN_MIRROR $VERSION_CODENAME main" >"$root/parts/own.list"
else
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | grep '^deb ' >"$root/parts/own.list" || true
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb deb-src/' "$file" >"$root/parts/${file##*/}"
    done
fi
if ! grep -q . "$root"/parts/*; then
    echo "no Debian mirror is known: set WELES_DEBIAN_MIRROR" >&2
    exit 1
fi
sed -n "s/^deb \(.* $VERSION_CODENAME .*\)/deb-src \1/p" "$root/parts/own.list" >"$root/parts/sources-of-own.list"

apt() {
    command=$1
    shift
    "$command" -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$root/parts" -o APT::Sandbox::User= \
        -o Debug::NoLocking=true -o Dir::State::Lists="$root/lists" -o Dir::Cache="$root/tools" \
        -o Acquire::https::CaInfo="${CURL_CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}" "$@"
}

apt apt-get update >&2

# What is not in this Debian is left out here and shows when compiling fails.
declared=$(while read -r source; do
    apt apt-cache showsrc --only-source "$source" 2>/dev/null || true
done <"$input/sources" | sed -n 's/^Build-Depends[^:]*://p' | tr ',' '\n' | sed 's/^ *//; s/[ (|:].*//' |
    grep -E '^lib.*-dev$' || true)
tools=$(for name in $(cat "$input/wanted") $declared; do
    apt apt-cache show "$name" >/dev/null 2>&1 && echo "$name" || echo "this Debian has no package $name" >&2
done | sort -u)
[ -n "$tools" ] || exit 0
echo "for compiling: $tools" | tr '\n' ' ' >&2
echo >&2
apt apt-get install -y --no-install-recommends --download-only $tools >&2

libraries=$(for name in $tools; do apt apt-cache depends "$name"; done |
    sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p' | grep -v -- '-dev$' | sort -u || true)
if [ -n "$libraries" ]; then
    apt apt-get install -y --no-install-recommends --download-only -o Dir::Cache="$root/libraries" \
        -o Dir::State::status="$input/status" $libraries >&2
fi

for kind in tool:tools library:libraries; do
    for file in "$root/${kind#*:}"/archives/*.deb; do
        [ ! -e "$file" ] || mv "$file" "$output/${kind%:*}=${file##*/}"
    done
done
