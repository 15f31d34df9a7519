#!/bin/sh
# A root file system with Debian's own Python, for hosts that cannot pull images.
#
#   python.sh SUITE TARGET.tar
#
# SUITE decides the Python: bullseye 3.9, bookworm 3.11, trixie 3.13, sid 3.14. WELES_DEBIAN_MIRROR: see debian.sh.
set -eu
. "$(dirname "$0")/debian.sh"

packages=python3,ca-certificates,libgomp1
case $1 in
    bullseye | bookworm) packages=$packages,python3-distutils ;;
esac

debian_root "$1" "$2" "$packages" \
    --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
    --customize-hook='ln -sf python3 "$1"/usr/bin/python'
