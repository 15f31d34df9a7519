# Sourced by the scripts of this folder: messages, and installing Debian packages.

# Where Debian keeps what only root may need; not on the path of other users.
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# is_lake PID HOME: process PID is the lake of HOME (and not a stranger who was given the number since).
is_lake() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "serve --home $2"; }

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# install PACKAGE…: Debian packages, or the sentence that says what to install.
install() {
  can_install || die "Please install: $* (on Debian, as root: apt-get install $*), then run this again."
  say "Installing $* …"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -qy --no-install-recommends "$@" >/dev/null 2>&1 && return
  # The package lists are missing or old; a foreign source that fails does not matter if ours are there.
  apt-get update -q >/dev/null 2>&1 || true
  apt-get install -qy --no-install-recommends "$@" >/dev/null || die "apt-get could not install $*."
}

# phase TITLE COMMAND…: run it and say how many seconds it took.
phase() {
  local title=$1 start=$(date +%s.%N); shift
  say "── $title"
  "$@"
  awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "   %.1f s\n", b - a }' >&2
}
