#!/usr/bin/env bash
# virtualenv.sh FOLDER ARGUMENTS…: a virtual environment in FOLDER with what `pip install ARGUMENTS` means, by uv.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
folder=$1; shift
python=${PYTHON:-python3}

command -v "$python" >/dev/null || install python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  die "Weles needs Python 3.11 or newer; $("$python" --version) is here. Name another one: make … PYTHON=python3.12"
if [ ! -x "$folder/bin/python" ]; then
  # Debian keeps ensurepip, without which a virtual environment has no pip, in a package of its own.
  "$python" -c 'import ensurepip' 2>/dev/null || install python3-venv
  "$python" -m venv "$folder"
fi
# UV names one that is there already, for environments whose `pip freeze` is to show the creator's packages alone.
uv=${UV:-$folder/bin/uv}
[ -x "$uv" ] || "$folder/bin/python" -m pip install -q --disable-pip-version-check 'uv>=0.13' 2>&1 |
  { grep -v '^WARNING: Location' >&2 || true; }
# One file of certificates for all, where the host names one.
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE=${SSL_CERT_FILE:-$PIP_CERT}
"$uv" pip install -q --python "$folder/bin/python" "$@"
