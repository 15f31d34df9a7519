#!/usr/bin/env bash
# cross.sh URL TOKEN_FILE FOLDER: a model from Python and one from R on the lake at URL, each called from Python, from R
# and with curl; exit code 0 only if every answer is the creator's own. FOLDER (absolute) keeps sessions and answers.
#
# The lake must have the interpreters: Python as this machine's, R 4.5. WELES_CRAN is the lake's own affair.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
url=$1 token=$2 folder=$3

# in_r SCRIPT: run it in a fresh R session; it sees the folder, and the lake as the host sees it.
in_r() {
  docker run --rm --network host --user "$(id -u):$(id -g)" --label weles.demo=r --env HOME=/tmp --env no_proxy="$no_proxy" \
    --volume "$PWD/deploy/local/demo:/scripts:ro" --volume "$folder:/demo" --volume "$token:/token:ro" \
    --env WELES_URL="$url" --env WELES_TOKEN_FILE=/token --env DEMO_FOLDER=/demo \
    weles-demo/r Rscript "/scripts/$1"
}

in_python() {
  env WELES_URL="$url" WELES_TOKEN_FILE="$token" DEMO_FOLDER="$folder" \
    "$folder/creator/bin/python" deploy/local/demo/wine.py "$1"
}

with_curl() {
  command -v curl >/dev/null || install curl
  local name mode
  for name in wine iris; do
    for mode in exact prob; do
      curl -sSf --noproxy '*' -H @- -H 'Content-Type: text/csv' --data-binary "@$folder/$name.csv" \
        -o "$folder/$name.curl.$mode.json" "$url/api/v1/models/$name/predict?mode=$mode" \
        <<<"Authorization: Bearer $(cat "$token")"
    done
  done
}

mkdir -p "$folder"
rm -f "$folder"/*.json "$folder"/*.csv
no_proxy=${no_proxy:+$no_proxy,}$(.venv/bin/python -c 'import sys; from urllib.parse import urlsplit; print(urlsplit(sys.argv[1]).hostname)' "$url")
export no_proxy
phase "a creator's session of Python (its own packages)" \
  env UV=.venv/bin/uv deploy/local/virtualenv.sh "$folder/creator" -r deploy/local/demo/requirements.txt ./clients/python
phase "a creator's session of R (in a container: this machine needs no R)" deploy/local/r/session.sh
phase 'wine, from Python: train, upload, wait until it is ready' in_python upload
phase 'iris, from R: train, upload, wait until it is ready; call both from R' in_r iris.R
phase 'call both from Python' in_python call
phase 'call both with curl' with_curl
.venv/bin/python deploy/local/demo/compare.py "$folder"
