"""Lock and base → Dockerfile (pure): the same text for the same lock, always, and nothing in it from an upload
that was not checked by a full match here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builders.bases import Base
from builders.identity import Recipe
from builders.lock import Kind, Lock, LockedPackage

ENVIRONMENT = "/opt/weles/env"
RUNTIME = "/opt/weles/runtime"
LARGE_BYTES = 1_000_000
LARGE_LAYERS = 40
SMALL = "all-small-ones"
NOBODY = "65534:65534"

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,127}:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RECIPE = re.compile(r"[a-z]+/[0-9]+")
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){1,2}")

_KINDS: Mapping[str, tuple[Kind, ...]] = {"python": ("wheel", "sdist"), "r": ("r-source",)}

_MOUNTS = (
    "--mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \\\n"
    "    --mount=type=bind,source=packages/{folder},target=/media \\\n"
)
_INSTALL = (
    "    /mnt/uv pip install --no-cache --offline --no-index --no-deps --compile-bytecode --link-mode copy \\\n"
    f"    --python {ENVIRONMENT}/bin/python --find-links /media"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """Packages that are installed together; their files are in `packages/<folder>` of the context."""

    folder: str
    packages: tuple[LockedPackage, ...]


def layers(lock: Lock) -> tuple[Layer, ...]:
    """Large packages one by one, the largest first; all that are small together, last.

    So environments that share their large packages share those layers, and a changed small pin redoes seconds.
    """
    by_size = sorted(lock.packages, key=lambda package: (-package.file.size, package.name))
    large = [package for package in by_size if package.file.size >= LARGE_BYTES][:LARGE_LAYERS]
    small = tuple(package for package in lock.packages if package not in large)
    split = [Layer(f"{number:02}-{package.name}", (package,)) for number, package in enumerate(large)]
    return (*split, Layer(f"{len(split):02}-{SMALL}", small)) if small else tuple(split)


def render(lock: Lock, base: Base, recipe: Recipe) -> str:
    """The whole Dockerfile. Raises ValueError for anything that must not reach its text."""
    check(lock, base, recipe, "python")
    parts = [
        f"{heading(lock, base, recipe)}"
        "ARG TOOLS\n"
        "FROM ${TOOLS} AS tools\n\n"
        f"FROM {base.image}\n"
        "USER 0:0\n"
        "RUN --mount=type=bind,from=tools,source=/opt/weles/tools,target=/mnt \\\n"
        f"    /mnt/uv venv --no-cache --offline --no-python-downloads --python python3 {ENVIRONMENT}\n"
    ]
    parts += [_layer(layer) for layer in layers(lock)]
    parts.append(
        f"COPY runtime/ {RUNTIME}/\n"
        f"RUN {ENVIRONMENT}/bin/python -I -m compileall -q {RUNTIME}\n"
        f"USER {NOBODY}\n"
        "WORKDIR /\n"
        f'ENTRYPOINT ["{ENVIRONMENT}/bin/python", "-I", "{RUNTIME}"]\n'
        "CMD []\n"
    )
    return "\n".join(parts)


def step_detail(step: str) -> str:
    """What a step of this Dockerfile does, in a few words, from the name that the builder gives it."""
    folder = re.search(r"source=packages/[0-9]+-([A-Za-z0-9.-]+)", step)
    if folder is not None:
        return f"installing {folder[1]}" if folder[1] != SMALL else "installing the small packages"
    return "exporting the image" if step.startswith("exporting") else "preparing"


def _layer(layer: Layer) -> str:
    names = [f"{package.name}=={package.version}" for package in layer.packages]
    comment = "".join(f"# {name}\n" for name in names)
    requirements = "".join(f" \\\n    {name}" for name in names)
    return f"{comment}RUN {_MOUNTS.format(folder=layer.folder)}{_INSTALL}{requirements}\n"


def heading(lock: Lock, base: Base, recipe: Recipe) -> str:
    """The comment that says what the Dockerfile makes."""
    return (
        f"# Weles environment, recipe {recipe.name}: {lock.language} {lock.version} on {lock.platform}\n"
        f"# base {base.image_id}\n"
        f"# runtime {recipe.runtime_digest}\n"
    )


def check(lock: Lock, base: Base, recipe: Recipe, language: str) -> None:
    """Raises ValueError for anything that must not reach the text of a language's Dockerfile."""
    facts: Sequence[tuple[re.Pattern[str], str]] = (
        (_RECIPE, recipe.name),
        (_DIGEST, recipe.runtime_digest),
        (_DIGEST, base.image_id),
        (_IMAGE, base.image),
        (_PLATFORM, lock.platform),
        (_VERSION, lock.version),
    )
    for pattern, text in facts:
        if pattern.fullmatch(text) is None:
            raise ValueError(f"{text!r} cannot be in a Dockerfile")
    if lock.language != language or base.language != language:
        raise ValueError(f"recipe {recipe.name} is for {language}, not for {lock.language} on {base.language}")
    for package in lock.packages:
        if package.kind not in _KINDS[language]:
            raise ValueError(f"{package.name} {package.version} ({package.kind}) is no package of {language}")
    for package in (*lock.packages, *lock.libraries):
        try:
            LockedPackage.from_json(package.to_json())
        except ValueError as error:
            raise ValueError(f"{package.name!r} {package.version!r} cannot be in a Dockerfile") from error
