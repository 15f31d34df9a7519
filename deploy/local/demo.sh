#!/usr/bin/env bash
# From nothing to predictions: engine, base images, lake, a model from Python and one from R, each called from everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
home=${HOME_DIR:-$PWD/.lake}
port=${PORT:-8080}
url=http://127.0.0.1:$port
demo=$home/demo
r=4.5
begun=$(date +%s.%N)

running() { [ -f "$home/lake.pid" ] && is_lake "$(cat "$home/lake.pid")" "$home"; }
healthy() { .venv/bin/python -c "import sys, urllib.request as u; u.urlopen(sys.argv[1] + '/api/v1/health', timeout=2)" "$url" 2>/dev/null; }

start_lake() {
  mkdir -p "$home"
  if running; then
    healthy || die "The lake on $home is running, but not at port $port. Stop it first: make stop HOME_DIR=$home"
    say "   it is running already"
    return
  fi
  setsid .venv/bin/weles-registry serve --home "$home" --port "$port" >"$home/lake.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$home/lake.pid"
  until grep -q '^Weles is at' "$home/lake.log"; do
    kill -0 "$pid" 2>/dev/null || { rm -f "$home/lake.pid"; tail -20 "$home/lake.log" >&2; die "The lake did not start."; }
    sleep 0.1
  done
}

choose_cran() { WELES_CRAN=$(deploy/local/r/cran.sh); export WELES_CRAN; }

phase 'the lake: its virtual environment' make --no-print-directory -s .venv/ready
phase 'the Docker Engine' deploy/local/engine.sh
phase 'the base image of Python' deploy/local/runtime.sh python "$("${PYTHON:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
phase "the base image of R $r" deploy/local/runtime.sh r "$r"
phase 'where R packages come from' choose_cran
phase 'the lake: start' start_lake
deploy/local/cross.sh "$url" "$home/admin-token" "$demo"
awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN { printf "\nAll in %.1f s.\n", b - a }' >&2
cat <<TXT
The lake stays at $url (API: $url/openapi.json); the administrator's token is in $home/admin-token
Ask it yourself:
  curl -H "Authorization: Bearer \$(cat $home/admin-token)" -H 'Content-Type: text/csv' \\
    "$url/api/v1/models/iris/predict?mode=prob" --data-binary @$demo/iris.csv
Stop it: make stop$([ "$home" = "$PWD/.lake" ] || printf ' HOME_DIR=%s' "$home")
TXT
