# Sourced, in the work folder of a cluster: programs in the background, each with a log.

# run NAME PROGRAM…
run() {
  local name=$1
  shift
  "$@" >"logs/$name.log" 2>&1 </dev/null &
  echo $! >"run/$name.pid"
}

# answers SECONDS COMMAND…: wait until it succeeds.
answers() {
  local left=$(($1 * 5))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $((left -= 1)) -gt 0 ] || { echo "no answer from: $*" >&2; return 1; }
    sleep 0.2
  done
}
