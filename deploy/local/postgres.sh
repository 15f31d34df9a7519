#!/usr/bin/env bash
# Have the programs of a Postgres: tests start servers of their own with them, in folders of theirs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh

{ command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || install postgresql
