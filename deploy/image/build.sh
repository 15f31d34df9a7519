#!/usr/bin/env bash
# build.sh [NAME]: the images NAME/web and NAME/worker (NAME: weles) of this checkout, tagged with its version and
# `latest`; their bills of materials in .cache/image/sbom. BASE is the image of Python that they are built on. With
# BUILDX=yes the worker has buildx (66 MB), which WELES_BUILDER needs.
#
# Packages are fetched before, as pip is set up on this machine: nothing of that, and no network, is in the build.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/local/common.sh
name=${1:-weles}
base=${BASE:-docker.io/library/python:3.11-slim-bookworm}
machine=$(uname -m)
version=$(sed -nE 's/^__version__ = "(.*)"/\1/p' registry/__init__.py)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}" +%Y-%m-%dT%H:%M:%SZ)
[ -x .venv/bin/python ] || make --no-print-directory -s .venv/ready

docker image inspect "$base" >/dev/null 2>&1 || docker pull -q "$base" >/dev/null ||
  die "There is no $base, and it cannot be pulled: name an image that has Python 3.11 or newer, BASE=… $0"
python=$(docker run --rm --network none --entrypoint python3 "$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Once for every change of what is locked.
locked=$(cat deploy/image/{web,analysis,tools}.txt | sha256sum | cut -c 1-12)
wheels=.cache/image/wheels-$python-$machine-$locked
if [ ! -d "$wheels" ]; then
  say "The packages for Python $python …"
  mkdir -p .cache/image
  partial=$(mktemp -d "$wheels.XXXXXX")
  trap 'rm -rf "$partial"' EXIT
  tags=$(printf -- '--platform %s ' "linux_$machine" "manylinux2014_$machine" $(printf "manylinux_2_%s_$machine " 5 12 17 24 26 27 28))
  for list in web analysis tools; do
    # shellcheck disable=SC2086 (each word is an argument)
    .venv/bin/python -m pip download -q --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
      --python-version "$python" --implementation cp $tags -d "$partial" -r "deploy/image/$list.txt" 2>&1 |
      { grep -v '^WARNING: Location' >&2 || true; }
  done
  mv -T "$partial" "$wheels"
  trap - EXIT
fi

context=$(mktemp -d .cache/image/context.XXXXXX)
trap 'rm -rf "$context"' EXIT
mkdir "$context/source" "$context/buildx"
[ -z "${BUILDX:-}" ] || cp "$(deploy/local/plugin.sh docker-buildx)/cli-plugins/docker-buildx" "$context/buildx"
cp -rl "$wheels" "$context/wheels"
cp deploy/image/{Dockerfile,web.txt,analysis.txt,tools.txt} "$context"
tar -c --exclude='__pycache__' --exclude='*.egg-info' \
  builders registry runtime-images setup.cfg pyproject.toml README.md LICENSE | tar -x -C "$context/source"
for target in web worker; do
  say "The image $name/$target:$version …"
  docker build -q --network none --target "$target" --build-arg BASE="$base" \
    --label org.opencontainers.image.title="weles $target" \
    --label org.opencontainers.image.description="A model lake: its $target process" \
    --label org.opencontainers.image.version="$version" \
    --label org.opencontainers.image.revision="$revision" \
    --label org.opencontainers.image.created="$created" \
    --label org.opencontainers.image.licenses=Apache-2.0 \
    --label org.opencontainers.image.base.name="$base" \
    --label weles.sbom=/opt/weles/sbom \
    --tag "$name/$target:$version" --tag "$name/$target:latest" "$context" 2>&1 |
    { grep -vE '^(DEPRECATED| +Install the buildx| +https|$|sha256:)' >&2 || true; }
  mkdir -p ".cache/image/sbom/$target"
  docker run --rm --network none --entrypoint tar "$name/$target:$version" -c -C /opt/weles/sbom . |
    tar -x -C ".cache/image/sbom/$target"
done
