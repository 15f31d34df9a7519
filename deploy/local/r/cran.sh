#!/usr/bin/env bash
# cran.sh: which repositories of R packages a lake here can use, as WELES_CRAN has them, on standard output.
#
# Those of WELES_CRAN; else R's own default, which is an empty line; else, where that cannot be reached, a small mirror
# of this machine's own.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh

if [ -n "${WELES_CRAN:-}" ]; then
  say "   WELES_CRAN: $WELES_CRAN"
  echo "$WELES_CRAN"
  exit
fi
image=weles-base/r:$(docker images --format '{{.Tag}}' weles-base/r | grep -- -dev | sort -V | tail -n 1)
# The first mirror that R itself names: the one that the lake would ask.
default=$(docker run --rm --network none --entrypoint Rscript "$image" --vanilla -e 'cat(read.csv(file.path(R.home("doc"), "CRAN_mirrors.csv"))$URL[1])')
if .venv/bin/python -c 'import requests, sys; requests.head(sys.argv[1], timeout=5, allow_redirects=True).raise_for_status()' \
  "${default%/}/src/contrib/PACKAGES.gz" 2>/dev/null; then
  say "   CRAN itself, $default"
  echo
  exit
fi
say "   CRAN cannot be reached and WELES_CRAN is not set: a mirror of a few packages from Debian's sources, $PWD/.cache/cran"
mkdir -p .cache
deploy/local/r/cran-mirror.sh "$image" .cache/cran >.cache/cran.log 2>&1 || { tail -20 .cache/cran.log >&2; die "The mirror could not be made; its log: .cache/cran.log"; }
readlink -f .cache/cran
