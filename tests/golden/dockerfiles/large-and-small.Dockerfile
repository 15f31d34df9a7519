# Weles environment, recipe python/2: python 3.11.2 on linux/x86_64
# base sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
# runtime sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
ARG TOOLS
FROM ${TOOLS} AS tools

FROM weles-base/python:3.11.2
USER 0:0
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    /mnt/uv venv --no-cache --offline --no-python-downloads --python python3 /opt/weles/env

# torch==2.1.0+cpu
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    --mount=type=bind,source=packages/00-torch,target=/media \
    /mnt/uv pip install --no-cache --offline --no-index --no-deps --compile-bytecode --link-mode copy \
    --python /opt/weles/env/bin/python --find-links /media \
    torch==2.1.0+cpu

# numpy==1.26.4
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    --mount=type=bind,source=packages/01-numpy,target=/media \
    /mnt/uv pip install --no-cache --offline --no-index --no-deps --compile-bytecode --link-mode copy \
    --python /opt/weles/env/bin/python --find-links /media \
    numpy==1.26.4

# scikit-learn==1.5.2
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    --mount=type=bind,source=packages/02-scikit-learn,target=/media \
    /mnt/uv pip install --no-cache --offline --no-index --no-deps --compile-bytecode --link-mode copy \
    --python /opt/weles/env/bin/python --find-links /media \
    scikit-learn==1.5.2

# docopt==0.6.2
# joblib==1.4.2
RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \
    --mount=type=bind,source=packages/03-all-small-ones,target=/media \
    /mnt/uv pip install --no-cache --offline --no-index --no-deps --compile-bytecode --link-mode copy \
    --python /opt/weles/env/bin/python --find-links /media \
    docopt==0.6.2 \
    joblib==1.4.2

COPY runtime/ /opt/weles/runtime/
RUN /opt/weles/env/bin/python -I -m compileall -q /opt/weles/runtime
USER 65534:65534
WORKDIR /
ENTRYPOINT ["/opt/weles/env/bin/python", "-I", "/opt/weles/runtime"]
CMD []
