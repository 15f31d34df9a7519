#!/usr/bin/env bash
# session.sh: weles-demo/r, the image of a data scientist's R session: Debian's R 4.5, a package to fit models with, and
# this repository's client. The host needs no R. Made once; the client anew when it has changed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh
. runtime-images/bootstrap/debian.sh
suite=trixie
packages=r-base-core,r-cran-httr2,r-cran-curl,r-cran-jsonlite,r-cran-cli,r-cran-randomforest,ca-certificates,tzdata

debian=weles-demo/debian-r:$(echo "$suite $packages" | sha256sum | cut -c 1-12)
if ! docker image inspect "$debian" >/dev/null 2>&1; then
  command -v mmdebstrap >/dev/null || install mmdebstrap
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  say "   R and its packages from Debian $suite …"
  mkdir -p .cache
  debian_root "$suite" "$folder/root.tar" "$packages" >.cache/r-session.log 2>&1 ||
    { tail -20 .cache/r-session.log >&2; die "Debian's R could not be installed; the log: .cache/r-session.log"; }
  docker import --change 'ENV LANG=C.UTF-8' "$folder/root.tar" "$debian" >/dev/null
fi
# Docker's own cache knows whether the client is still the same.
said=$(docker build -q --network none --label weles.demo=r --tag weles-demo/r -f - clients/r 2>&1 <<DOCKERFILE
FROM $debian
COPY . /usr/src/weles
RUN R CMD INSTALL --no-docs /usr/src/weles
DOCKERFILE
) || { say "$said"; die "The R client could not be installed."; }
