#!/usr/bin/env bash
# `make test`: what needs no engine on every processor, then the rest, one after the other. Both are run, whatever fails.
set -uo pipefail
cd "$(dirname "$0")/.."
readonly NO_TESTS=5 here="not environments and not deploy"
.venv/bin/pytest -m "not docker and $here" -n auto --dist loadfile "$@"
first=$?
.venv/bin/pytest -m "docker and $here" "$@"
second=$?
# What was asked for may be in one half only.
[ "$first" = "$NO_TESTS" ] && [ "$second" != "$NO_TESTS" ] && first=0
[ "$second" = "$NO_TESTS" ] && [ "$first" != "$NO_TESTS" ] && second=0
[ "$first" = 0 ] && [ "$second" = 0 ]
