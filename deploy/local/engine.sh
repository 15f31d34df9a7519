#!/usr/bin/env bash
# Have a Docker Engine: use the one that answers, else start the one that is installed, else install Debian's.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
log=/var/log/weles-dockerd.log

answers() { .venv/bin/python -W ignore -c 'import docker; docker.from_env(timeout=5).ping()' 2>/dev/null; }

answers && exit 0
[ -z "${DOCKER_HOST:-}" ] || die "No Docker Engine answers at DOCKER_HOST=$DOCKER_HOST. Start it, or unset the variable."
if ! command -v dockerd >/dev/null; then
  can_install || die "Weles needs a Docker Engine. Install one (on Debian, as root: apt-get install docker.io iptables), start it, and run this again."
  install docker.io iptables
fi
answers && exit 0
[ "$(id -u)" = 0 ] || die "The Docker Engine does not answer. Start it (sudo systemctl start docker), or let $(id -un) use it (group docker)."
say "Starting the Docker Engine …"
if [ -d /run/systemd/system ]; then
  systemctl start docker
else
  setsid dockerd >>"$log" 2>&1 </dev/null &
fi
for _ in $(seq 120); do
  answers && exit 0
  sleep 0.5
done
die "The Docker Engine does not answer within a minute; its log: $log$([ -f "$log" ] && printf '\n' && tail -5 "$log")"
