#!/bin/sh
# A root file system with Debian's own Python, for hosts that cannot pull images.
#
#   python.sh SUITE TARGET.tar [dev]
#
# SUITE decides the Python: bullseye 3.9, bookworm 3.11, trixie 3.13, sid 3.14. With `dev` it has compilers, for the
# fetch step only. It has the time zones that the official image has. WELES_DEBIAN_MIRROR: see debian.sh.
set -eu
. "$(dirname "$0")/debian.sh"

packages=python3,ca-certificates,libgomp1,netbase,tzdata
case $1 in
    bullseye | bookworm) packages=$packages,python3-distutils ;;
esac

if [ "${3:-}" = dev ]; then
    packages=$packages,python3-dev,build-essential,gfortran,pkg-config
fi

debian_root "$1" "$2" "$packages" \
    --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
    --customize-hook='ln -sf python3 "$1"/usr/bin/python'
