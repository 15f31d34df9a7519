# Weles environment, recipe python/2: python 3.11.2 on linux/x86_64
# base sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
# runtime sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
ARG TOOLS
FROM ${TOOLS} AS tools

FROM weles-base/python:3.11.2
USER 0:0
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    /mnt/uv venv --no-cache --offline --no-python-downloads --python python3 /opt/weles/env

COPY runtime/ /opt/weles/runtime/
RUN /opt/weles/env/bin/python -I -m compileall -q /opt/weles/runtime
USER 65534:65534
WORKDIR /
ENTRYPOINT ["/opt/weles/env/bin/python", "-I", "/opt/weles/runtime"]
CMD []
