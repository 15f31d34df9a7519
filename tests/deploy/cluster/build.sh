#!/usr/bin/env bash
# Have Kubernetes 1.20.2, built once for this machine from the source package of Debian bookworm (root, 3 GB, about 10 minutes).
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh
. tests/deploy/cluster/cache.sh

have_binaries && exit 0
can_install || die "Kubernetes is built from Debian's source package: run this as root on Debian, or put $programs into $binaries."
mkdir -p "$binaries"
exec 9>"$binaries/.building"
flock 9
have_binaries && exit 0

sources=/etc/apt/sources.list.d/debian.sources
[ -r "$sources" ] || die "This expects the machine's Debian mirror in $sources."
say "Building Kubernetes from Debian's source package into $binaries (about 10 minutes) …"
install golang-go rsync make dpkg-dev
work=$(mktemp -d -p "$binaries")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# What holds a pod's namespaces: it waits.
(cd "$work" && cp "$OLDPWD/tests/deploy/cluster/pause.go" . && CGO_ENABLED=0 GOCACHE=$work/go go build -o "$binaries/pause" pause.go)
programs=${programs% pause}
have_binaries && exit 0

mkdir -p "$work/lists/partial" "$work/source"

# The machine's own mirror, asked for sources, with lists of our own: the machine's are left as they are.
mirror=$(awk '$1 == "URIs:" {print $2; exit}' "$sources")
signed=$(awk '$1 == "Signed-By:" {print $2; exit}' "$sources")
echo "deb-src ${signed:+[signed-by=$signed] }$mirror bookworm main" >"$work/sources.list"
apt=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update >&2
(cd "$work/source" && apt-get "${apt[@]}" source kubernetes >/dev/null)

cd "$work"/source/kubernetes-1.20*/
export GOPATH=$PWD/.go GOCACHE=$work/go CGO_ENABLED=0 GOFLAGS=-mod=vendor
export KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=archive KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
make WHAT="$(for program in $programs; do printf 'cmd/%s ' "$program"; done)" >&2
for program in $programs; do
  cp "_output/local/go/bin/$program" "$binaries/.$program"
  mv "$binaries/.$program" "$binaries/$program"
done
