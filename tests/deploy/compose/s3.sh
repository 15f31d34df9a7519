#!/usr/bin/env bash
# s3.sh TAG BASE: moto as an image that speaks S3 at port 9000, for machines that can pull no store. It keeps nothing on disk.
# BASE is an image of this machine's Python.
. "$(dirname "$0")/image.sh"

.venv/bin/uv pip install -q --target "$work/site" "$(.venv/bin/uv pip freeze | grep '^moto==' | sed 's/==/[server]==/')" >&2
# Whatever a real store is told (server, /data), this one has its own arguments.
cat >"$work/Dockerfile" <<DOCKERFILE
FROM $2
COPY site /opt/site
ENV PYTHONPATH=/opt/site
ENTRYPOINT ["/bin/sh", "-c", "exec python -m moto.server -H 0.0.0.0 -p 9000"]
DOCKERFILE
docker build -q --network none --label weles.test=s3 --tag "$1" "$work" >/dev/null
