#!/bin/sh
# Process 1 of an R container: starts R with the model, has it watched, and ends with the contract's exit code.
# R has no handler for SIGTERM, and process 1 is deaf to what it does not handle: so a shell is process 1.
set -u

here=$(cd "$(dirname "$0")" && pwd)
run=${WELES_RUN_DIR:-/weles/run}
ended=${TMPDIR:-/tmp}/.weles-ended
# Text of the lake is UTF-8, and a time without a zone is the clock on the wall.
export LC_ALL=C.UTF-8 TZ=UTC

rm -f "$run/ready" "$run/request" "$run/answer" "$ended" "$ended.wanted" "$ended.started" "$ended.lost"

# The file is for a watcher that does not listen to signals yet, the signal for one that sleeps.
watcher=
trap ': >"$ended.wanted"; [ ! -e "$ended.started" ] || kill -TERM "$watcher" 2>/dev/null' TERM INT

: >"$run/turn"
mkfifo -m 666 "$run/request" "$run/answer"

Rscript --vanilla "$here/main.R" &
server=$!
sh "$here/watch.sh" "$server" "$run" "$ended" &
watcher=$!

# A trap interrupts `wait`; it is over when there is no such process any more.
while wait "$server"; code=$?; kill -0 "$server" 2>/dev/null; do :; done

rm -f "$run/ready" "$run/request" "$run/answer"
if [ -e "$ended" ]; then
    exit 0
elif [ "$code" -eq 0 ]; then
    # Only the watcher ends R well: this was quit(), called by the model's code.
    exit 1
fi
exit "$code"
