#!/bin/sh
# watch.sh SERVER RUN_FOLDER ENDED: ends the process SERVER by lease, age, idleness or SIGTERM, and then makes ENDED.
#
# It ends the server in its own turn of the transport (see CONTRACT.md): then no client waits for an answer.
set -u

server=$1
run=$2
ended=$3
started=$ended.started
lost=$ended.lost
idle=${WELES_IDLE_SECONDS:-300}
age=${WELES_AGE_SECONDS:-3600}
lease=${WELES_LEASE_SECONDS:-60}
trap : TERM # It only ends the sleep: start.sh says by a file what it wants.

# It looks ten times within the shortest of the three times, at most every 5 seconds.
tick=5
for seconds in "$idle" "$age" "$lease"; do
    case $seconds in
        *[!0-9.]* | '' | .) exit 0 ;; # R says what is wrong with it, and ends.
    esac
    whole=${seconds%%.*}
    [ "$((${whole:-0} / 10))" -ge "$tick" ] || tick=$((${whole:-0} / 10))
done
[ "$tick" -gt 0 ] || tick=0.2

fresh() { # FILE SECONDS: it is there, and was modified within that time
    [ -n "$(find "$1" -maxdepth 0 -newermt "-$2 seconds" 2>/dev/null)" ]
}

must_end() {
    [ -e "$ended.wanted" ] && return 0
    fresh "$run/lease" "$lease" || return 0
    if [ -e "$run/warm" ]; then # It waits for a model.
        ! fresh "$run/warm" "$idle" && [ -e "$run/warm" ]
        return
    fi
    [ -e "$run/ready" ] || return 1 # Loading is neither idleness nor age.
    fresh "$started" "$age" || return 0
    ! fresh "$run/used" "$idle" && ! fresh "$run/ready" "$idle"
}

end_server() {
    rm -f "$run/ready"
    : >"$ended"
    kill -KILL "$server"
    exit 0
}

: >"$started"
while kill -0 "$server" 2>/dev/null; do
    if must_end; then
        # Without `turn` nobody can ask; and a shell that cannot open it would end here, and watch no longer.
        [ -e "$run/ready" ] && [ -f "$run/turn" ] || end_server
        exec 9<"$run/turn"
        # A client's answer may have come in the meantime: idleness is looked at again.
        if flock -w 1 9 && must_end; then
            end_server
        fi
        exec 9<&-
        if fresh "$run/lease" "$lease"; then
            rm -f "$lost"
        elif [ ! -e "$lost" ]; then
            : >"$lost"
        elif ! fresh "$lost" "$lease"; then
            # The request in work had another lease's time: nobody owns this container.
            end_server
        fi
    fi
    sleep "$tick" &
    wait "$!"
done
