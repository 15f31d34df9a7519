"""Lock and base → Dockerfile of an R environment (pure): binaries are unpacked, nothing is compiled or downloaded."""

from builders.bases import Base
from builders.dockerfile import NOBODY, RUNTIME, Layer, check, heading, layers
from builders.identity import Recipe
from builders.lock import Lock

LIBRARY = "/opt/weles/library"

_MOUNT = "--mount=type=bind,source={folder},target=/media"
# A binary package of R is its folder of the library, packed.
_UNPACK = f'for file in /media/*.tar.gz; do tar -xzf "$file" -C {LIBRARY} --no-same-owner || exit 1; done'


def render_r(lock: Lock, base: Base, recipe: Recipe) -> str:
    """The whole Dockerfile. Raises ValueError for anything that must not reach its text."""
    check(lock, base, recipe, "r")
    parts = [
        f"{heading(lock, base, recipe)}FROM {base.image}\n"
        "USER 0:0\n"
        f"ENV LANG=C.UTF-8 R_LIBS_SITE={LIBRARY}\n"
        f"RUN mkdir -p {LIBRARY}\n"
    ]
    if lock.libraries:
        comment = "".join(f"# {each.name} {each.version}\n" for each in lock.libraries)
        install = "dpkg --install /media/*.deb && rm -rf /var/log/dpkg.log"
        parts.append(f"{comment}RUN {_MOUNT.format(folder='libraries')} \\\n    {install}\n")
    parts += [_layer(layer) for layer in layers(lock)]
    parts.append(
        f"COPY runtime/ {RUNTIME}/\n"
        f"RUN Rscript --vanilla {RUNTIME}/compile.R >/dev/null\n"
        f"USER {NOBODY}\n"
        "WORKDIR /\n"
        f'ENTRYPOINT ["/bin/sh", "{RUNTIME}/start.sh"]\n'
        "CMD []\n"
    )
    return "\n".join(parts)


def _layer(layer: Layer) -> str:
    comment = "".join(f"# {package.name}=={package.version}\n" for package in layer.packages)
    return f"{comment}RUN {_MOUNT.format(folder=f'packages/{layer.folder}')} \\\n    {_UNPACK}\n"
