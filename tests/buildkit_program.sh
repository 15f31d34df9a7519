#!/usr/bin/env bash
# buildkit_program.sh: have a BuildKit daemon and buildx, made once for this machine from packages of Debian trixie; prints
# the folder that they are in. Debian has no package of the daemon, but its source, as a part of Docker's, with all that it is
# compiled with: nothing is changed in it. About 5 minutes, 1.5 GB while it lasts.
# With `if-there`: prints nothing and fails where that has not been done.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/local/common.sh
programs=${XDG_CACHE_HOME:-$HOME/.cache}/weles/buildkit-0.13
there() { [ -x "$programs/buildkitd" ] && [ -x "$programs/docker-buildx" ]; }

there && echo "$programs" && exit 0
[ "${1:-}" != if-there ] || exit 1
can_install || die "A BuildKit is made from Debian's packages: run this as root on Debian, or put buildkitd and docker-buildx into $programs."
mkdir -p "$programs"
exec 9>"$programs/.building"
flock 9
there && echo "$programs" && exit 0

sources=/etc/apt/sources.list.d/debian.sources
[ -r "$sources" ] || die "This expects the machine's Debian mirror in $sources."
say "Building a BuildKit from Debian's sources into $programs (about 5 minutes) …"
work=$(mktemp -d -p "$programs")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,archives/partial,root,own/src}
mirror=$(awk '$1 == "URIs:" {print $2; exit}' "$sources")
signed=$(awk '$1 == "Signed-By:" {print $2; exit}' "$sources")
for kind in deb deb-src; do echo "$kind ${signed:+[signed-by=$signed] }$mirror trixie main"; done >"$work/sources.list"
# Lists, cache and installed packages of our own: nothing of this is installed on the machine.
apt=(-qy -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists"
  -o Dir::State::status=/dev/null -o "Dir::Cache::archives=$work/archives" -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update >&2
apt-get "${apt[@]}" install --download-only --no-install-recommends golang-go golang-github-docker-docker-dev \
  $(printf 'golang-github-%s-dev ' agext-levenshtein aws-aws-sdk-go-v2 coreos-go-systemd dimchansky-utfbom gofrs-flock \
    golang-jwt-jwt google-shlex mitchellh-hashstructure urfave-cli vbatts-tar-split) >/dev/null
for package in "$work"/archives/golang-*.deb; do dpkg-deb -x "$package" "$work/root"; done
# Its go.mod, and what Debian has no packages of.
(cd "$work" && apt-get "${apt[@]}" source --download-only docker.io >/dev/null) || true
tar -xJf "$work"/docker.io_*.orig-buildkit.tar.xz -C "$work/own"
mv "$work/own/buildkit/vendor"/* "$work/own/src"
cp "$work/own/buildkit/go.mod" "$work/own/src"
cp "$work/own/buildkit/go.mod" "$work/root/usr/share/gocode/src/github.com/moby/buildkit"

export GOROOT=$work/root/usr/lib/go GOPATH=$work/root/usr/share/gocode:$work/own GOCACHE=$work/cache
export GO111MODULE=off GOFLAGS='' GOTOOLCHAIN=local CGO_ENABLED=0
(cd "$work" && "$GOROOT/bin/go" build -tags 'osusergo netgo' -ldflags '-s -w' -o "$programs/.buildkitd" github.com/moby/buildkit/cmd/buildkitd)
cp "$(deploy/local/plugin.sh docker-buildx)/cli-plugins/docker-buildx" "$programs/docker-buildx"
mv "$programs/.buildkitd" "$programs/buildkitd"
echo "$programs"
