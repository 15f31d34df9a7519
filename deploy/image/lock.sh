#!/usr/bin/env bash
# lock.sh [--upgrade]: lock what is in the image, by version and hash: web.txt, what the worker has on top of it
# (analysis.txt), and what only the build uses (tools.txt). A test says when it has to be run again.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -x .venv/bin/uv ] || make --no-print-directory -s .venv/ready
folder=deploy/image

lock() {
  local target=$1; shift
  echo "$target" >&2
  .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    -o "$folder/$target" "$@" >/dev/null
}

lock web.txt "$@" setup.cfg --extra kubernetes
lock analysis.txt "$@" setup.cfg --extra analysis -c "$folder/web.txt" \
  $(sed -nE 's/^([A-Za-z0-9._-]+)(\[.*\])?==.*/--no-emit-package \1/p' "$folder/web.txt")
lock tools.txt "$@" "$folder/tools.in"
