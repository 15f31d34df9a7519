#!/usr/bin/env bash
# compose.sh: have Compose v2. Prints the folder to be used as DOCKER_CONFIG, or nothing where `docker compose` is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh

docker compose version >/dev/null 2>&1 && exit 0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/weles/docker-config
if [ ! -x "$folder/cli-plugins/docker-compose" ]; then
  can_install || die "Please install Docker's Compose plugin (docker compose version), then run this again."
  sources=/etc/apt/sources.list.d/debian.sources
  [ -r "$sources" ] || die "Please install Docker's Compose plugin: no Debian mirror is named in $sources."
  say "Compose v2, from Debian trixie …"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$folder/cli-plugins"
  # The machine's own mirror, with lists of our own; one static program, which is taken out of its package.
  mirror=$(awk '$1 == "URIs:" {print $2; exit}' "$sources")
  signed=$(awk '$1 == "Signed-By:" {print $2; exit}' "$sources")
  echo "deb ${signed:+[signed-by=$signed] }$mirror trixie main" >"$work/sources.list"
  apt=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" update >&2
  (cd "$work" && apt-get "${apt[@]}" download docker-compose >&2 && dpkg-deb -x docker-compose_*.deb root)
  cp "$(find "$work/root" -type f -name docker-compose -size +1M | head -1)" "$folder/cli-plugins/.docker-compose"
  mv "$folder/cli-plugins/.docker-compose" "$folder/cli-plugins/docker-compose"
fi
DOCKER_CONFIG=$folder docker compose version >&2
echo "$folder"
