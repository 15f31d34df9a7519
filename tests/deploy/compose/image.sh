# Sourced by the scripts of this folder, each of which makes an image TAG (its first argument), unless that is there. $work is
# a folder for it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh
. runtime-images/bootstrap/debian.sh

docker image inspect "$1" >/dev/null 2>&1 && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# debian_with PACKAGE: a Debian that has it, as $work/root.tar.
debian_with() {
  command -v mmdebstrap >/dev/null || install mmdebstrap
  debian_root bookworm "$work/root.tar" "$1,ca-certificates" >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; die "Debian's $1 could not be installed."; }
}
