#!/usr/bin/env bash
# plugin.sh PACKAGE: have the plugin of Docker's command that Debian trixie's PACKAGE holds (docker-compose, docker-buildx);
# prints the folder whose cli-plugins it is in, which can be used as DOCKER_CONFIG.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
plugin=$1
folder=${XDG_CACHE_HOME:-$HOME/.cache}/weles/docker-config
if [ ! -x "$folder/cli-plugins/$plugin" ]; then
  can_install || die "Please install Docker's plugin $plugin, then run this again."
  sources=/etc/apt/sources.list.d/debian.sources
  [ -r "$sources" ] || die "Please install Docker's plugin $plugin: no Debian mirror is named in $sources."
  say "$plugin, from Debian trixie …"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$folder/cli-plugins"
  # The machine's own mirror, with lists of our own; one program, which is taken out of its package.
  mirror=$(awk '$1 == "URIs:" {print $2; exit}' "$sources")
  signed=$(awk '$1 == "Signed-By:" {print $2; exit}' "$sources")
  echo "deb ${signed:+[signed-by=$signed] }$mirror trixie main" >"$work/sources.list"
  apt=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" update >&2
  (cd "$work" && apt-get "${apt[@]}" download "$plugin" >&2 && dpkg-deb -x "$plugin"_*.deb root)
  cp "$(find "$work/root" -type f -name "$plugin" -size +1M | head -1)" "$folder/cli-plugins/.$plugin"
  mv "$folder/cli-plugins/.$plugin" "$folder/cli-plugins/$plugin"
fi
echo "$folder"
