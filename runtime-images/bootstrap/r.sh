#!/bin/sh
# A root file system with Debian's own R and its recommended packages, for hosts that cannot pull images.
#
#   r.sh SUITE TARGET.tar [dev]
#
# SUITE decides the R: bullseye 4.0, bookworm 4.2, trixie 4.5. With `dev` it has compilers, for the fetch step only.
# WELES_DEBIAN_MIRROR: see debian.sh.
set -eu
. "$(dirname "$0")/debian.sh"

packages=r-base-core,r-recommended,ca-certificates,libgomp1
if [ "${3:-}" = dev ]; then
    packages=$packages,r-base-dev,build-essential,gfortran,pkg-config
    # The fetch step looks there for the system libraries that a package needs.
    KEEP_SOURCES=1
fi

debian_root "$1" "$2" "$packages"
