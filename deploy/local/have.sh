#!/usr/bin/env bash
# have.sh PROGRAM PACKAGE: have a program of a Debian package.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh

command -v "$1" >/dev/null || install "$2"
