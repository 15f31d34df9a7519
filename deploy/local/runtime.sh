#!/usr/bin/env bash
# runtime.sh LANGUAGE VERSION: have a base image for it (pulled where that works, else made from a Debian mirror).
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh

say "   The base image of $1 $2; it is made when it is not there …"
mkdir -p .cache
.venv/bin/weles-admin runtimes install "$1" "$2" >.cache/runtime.log 2>&1 && exit 0
# What is missing most often is the tool that makes a root file system from a mirror.
if ! command -v mmdebstrap >/dev/null && can_install; then
  install mmdebstrap
  .venv/bin/weles-admin runtimes install "$1" "$2" >.cache/runtime.log 2>&1 && exit 0
fi
tail -20 .cache/runtime.log >&2
exit 1
