"""The tools image of a base: the base with uv and fetch.py, for throw-away containers and for bind mounts in builds."""

import hashlib
from pathlib import Path

import docker
import uv
from docker.errors import ImageNotFound

from builders.bases import Base
from builders.context import build_context
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.image_build import build_image
from builders.in_container import fetch
from builders.watch import Watch

TOOLS = "/opt/weles/tools"
_TIMEOUT_SECONDS = 300.0


def ensure_tools(client: docker.DockerClient, base: Base) -> str:
    """Tag of the tools image of a base, made when it is missing. Raises BuilderUnavailable."""
    files: dict[str, bytes | Path] = {
        "tools/uv": Path(uv.find_uv_bin()),
        "tools/fetch.py": Path(fetch.__file__),
        "Dockerfile": _dockerfile(base).encode(),
    }
    tag = f"weles-builder/{base.language}:{base.version}-{_digest(base, files)[:12]}"
    with engine_errors():
        try:
            client.images.get(tag)
        except ImageNotFound:
            pass
        else:
            return tag
    with build_context(files) as context:
        watch = Watch(_TIMEOUT_SECONDS)
        outcome = build_image(client, context, tag=tag, labels={"weles.tools": base.language}, watch=watch)
    if outcome.image_id is None:
        raise BuilderUnavailable(f"the tools image of {base.image} cannot be built: {outcome.error}")
    return tag


def _dockerfile(base: Base) -> str:
    return f"FROM {base.image}\nCOPY tools/ {TOOLS}/\nRUN chmod -R a+rX {TOOLS} && chmod a+x {TOOLS}/uv\n"


def _digest(base: Base, files: dict[str, bytes | Path]) -> str:
    digest = hashlib.sha256(base.image_id.encode())
    for name in sorted(files):
        content = files[name]
        digest.update(hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).digest())
    return digest.hexdigest()
