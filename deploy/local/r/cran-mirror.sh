#!/bin/sh
# A small CRAN of this machine's own, where the real one cannot be reached: upstream's tarballs as Debian's source
# packages carry them.
#
#   cran-mirror.sh IMAGE TARGET
#
# IMAGE is a base of R with compilers (weles-base/r:4.2.2-dev), whose apt sources are used. Debian bookworm and
# trixie each give one version: the newer of the two comes to src/contrib, the older to src/contrib/Archive.
# TARGET is made as a whole or not at all; one that this very script has made is left as it is.
set -eu

image=$1
target=$2
packages="jsonlite randomforest rpart e1071 proxy class xml2 bit bit64"

arrange=$(dirname "$0")/arrange-cran.R
made_by=$(cat "$0" "$arrange" | sha256sum | cut -c 1-16)
[ "$(cat "$target/made-by" 2>/dev/null)" != "$made_by" ] || exit 0
mkdir -p "$(dirname "$target")"
partial=$(mktemp -d "$target.XXXXXX")
container=$(docker create --label weles.test=cran-mirror -e http_proxy -e https_proxy -e PACKAGES="$packages" \
    --entrypoint /bin/sh "$image" -euc '
        mirror=$(grep -rhoE "https?://[^ ]+" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1)
        for suite in bookworm trixie; do
            root=/tmp/$suite
            mkdir -p $root/lists/partial $root/cache/archives/partial $root/tarballs
            echo "deb-src $mirror $suite main" >$root/sources.list
            set -- -q -o Dir::Etc::SourceList=$root/sources.list -o Dir::Etc::SourceParts=- -o APT::Sandbox::User= \
                -o Dir::State::Lists=$root/lists -o Dir::Cache=$root/cache
            apt-get "$@" update
            for package in $PACKAGES; do
                # The mirror has gaps in the older suite; of the newer all must come.
                (cd $root/tarballs && apt-get "$@" source --download-only --tar-only "r-cran-$package") ||
                    [ $suite = bookworm ]
            done
        done
        exec Rscript --vanilla /tmp/arrange.R')
trap 'docker rm -f "$container" >/dev/null; rm -rf "$partial"' EXIT

docker cp -q "$arrange" "$container":/tmp/arrange.R 2>/dev/null || docker cp "$arrange" "$container":/tmp/arrange.R
docker start -a "$container"
docker cp "$container":/tmp/cran/. "$partial"
echo "$made_by" >"$partial/made-by"
chmod -R a+rX "$partial"
rm -rf "$target"
mv -T "$partial" "$target"
