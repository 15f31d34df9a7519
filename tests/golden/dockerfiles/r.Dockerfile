# Weles environment, recipe r/3: r 4.2.2 on linux/x86_64
# base sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
# runtime sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
FROM weles-base/r:4.2.2
USER 0:0
ENV LANG=C.UTF-8 R_LIBS_SITE=/opt/weles/library
RUN mkdir -p /opt/weles/library

# libxml2 2.9.14+dfsg-1.3~deb12u6
RUN --mount=type=bind,source=libraries,target=/media \
    dpkg --install /media/*.deb && rm -rf /var/log/dpkg.log

# data.table==1.14.8
RUN --mount=type=bind,source=packages/00-data.table,target=/media \
    for file in /media/*.tar.gz; do tar -xzf "$file" -C /opt/weles/library --no-same-owner || exit 1; done

# Rcpp==1.0.10
RUN --mount=type=bind,source=packages/01-Rcpp,target=/media \
    for file in /media/*.tar.gz; do tar -xzf "$file" -C /opt/weles/library --no-same-owner || exit 1; done

# randomForest==4.7-1.2
# xml2==1.3.3
RUN --mount=type=bind,source=packages/02-all-small-ones,target=/media \
    for file in /media/*.tar.gz; do tar -xzf "$file" -C /opt/weles/library --no-same-owner || exit 1; done

COPY runtime/ /opt/weles/runtime/
RUN Rscript --vanilla /opt/weles/runtime/compile.R >/dev/null
USER 65534:65534
WORKDIR /
ENTRYPOINT ["/bin/sh", "/opt/weles/runtime/start.sh"]
CMD []
