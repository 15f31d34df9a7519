#!/usr/bin/env bash
# Stop the lake of HOME_DIR that demo.sh started, and wait until it is gone.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
home=${HOME_DIR:-$PWD/.lake}

pid=$(cat "$home/lake.pid" 2>/dev/null) || { say "No lake is running on $home."; exit 0; }
if is_lake "$pid" "$home" && kill -TERM "$pid" 2>/dev/null; then
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$pid" 2>/dev/null && die "The lake (process $pid) does not stop; its log: $home/lake.log"
fi
rm -f "$home/lake.pid"
say "The lake on $home is stopped. Its models and images stay."
