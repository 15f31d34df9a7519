"""Ten environments that differ in one to three pins: what each adds to the disk, and how long it takes to build.

Ours against one `pip install` layer each: the same base, the same wheels from a folder of this machine, the same
engine, one after the other in one run. Both bases get a layer of their own first, so that nothing is there yet.
"""

import dataclasses
import ensurepip
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker

from builders.bases import Base
from builders.context import build_context
from builders.docker_builder import DockerBuilder
from builders.identity import environment_id
from builders.image_build import build_image
from builders.lock import Lock
from builders.packages import PackageStore
from builders.pins import Pin
from builders.recipes import RUNTIME_IMAGES
from builders.report import SilentReport
from builders.runtimes import install_base
from builders.site import SiteSettings
from builders.spec import EnvironmentSpec
from builders.tools import ensure_tools
from builders.watch import Watch
from tests.bench.report import number, table
from tests.bench.venvs import CACHE
from tests.conftest import remove_lake

_SECONDS = 1200.0
_MB = 1_000_000
_LAYER_STEPS = ("RUN ", "COPY ", "ADD ")

FIRST: Mapping[str, str] = {
    "contourpy": "1.3.0",
    "cycler": "0.12.1",
    "fonttools": "4.54.1",
    "joblib": "1.4.2",
    "kiwisolver": "1.4.7",
    "lightgbm": "4.5.0",
    "matplotlib": "3.9.2",
    "numpy": "1.26.4",
    "packaging": "24.1",
    "pandas": "2.2.3",
    "patsy": "0.5.6",
    "pillow": "10.4.0",
    "pyparsing": "3.1.4",
    "python-dateutil": "2.9.0.post0",
    "pytz": "2024.2",
    "scikit-learn": "1.5.2",
    "scipy": "1.13.1",
    "seaborn": "0.13.2",
    "six": "1.16.0",
    "statsmodels": "0.14.4",
    "threadpoolctl": "3.5.0",
    "tzdata": "2024.2",
}
OTHERS: tuple[Mapping[str, str], ...] = (
    {"joblib": "1.4.0"},
    {"threadpoolctl": "3.4.0"},
    {"pytz": "2024.1", "tzdata": "2024.1"},
    {"lightgbm": "4.4.0"},
    {"scikit-learn": "1.5.1"},
    {"pandas": "2.2.2"},
    {"numpy": "1.26.3"},
    {"scipy": "1.13.0", "joblib": "1.4.0"},
    {"scikit-learn": "1.5.1", "joblib": "1.4.0", "threadpoolctl": "3.4.0"},
)


@dataclass
class Arm:
    """One way of building: `layers` are those that the engine has from it, by all that is below them → bytes."""

    name: str
    build: Callable[[Lock], str]
    layers: dict[tuple[str, ...], int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def measure(self, client: docker.DockerClient, lock: Lock) -> None:
        began = time.perf_counter()
        image = self.build(lock)
        self.seconds.append(time.perf_counter() - began)
        found = layers_of(client, image)
        self.added.append(sum(size for layer, size in found.items() if layer not in self.layers))
        self.sizes.append(sum(found.values()))
        self.layers |= found


def layers_of(client: docker.DockerClient, image: str) -> dict[tuple[str, ...], int]:
    """The image's layers → bytes. The engine keeps a layer once for all that have the same ones below it."""
    identities = client.images.get(image).attrs["RootFS"]["Layers"]
    history = client.api.history(image)[::-1]
    # The first entry is the imported base; of the others only these commands make layers.
    sizes = [
        each["Size"]
        for place, each in enumerate(history)
        if place == 0 or each["Size"] or each["CreatedBy"].startswith(_LAYER_STEPS)
    ]
    if len(sizes) != len(identities):
        raise AssertionError(f"{len(identities)} layers, but {len(sizes)} steps that make one: {history}")
    return {tuple(identities[: place + 1]): size for place, size in enumerate(sizes)}


def layers(folder: Path, quick: bool) -> str:
    """The table; `folder` is not used."""
    client = docker.from_env(timeout=600)
    lake = uuid.uuid4().hex[:12]
    try:
        with tempfile.TemporaryDirectory(prefix="weles-layers-") as wheels:
            return _table(_measured(client, lake, Path(wheels), OTHERS[:2] if quick else OTHERS))
    finally:
        remove_lake(client, lake)
        client.close()


def _measured(
    client: docker.DockerClient, lake: str, wheels: Path, others: tuple[Mapping[str, str], ...]
) -> tuple[list[str], list[Arm]]:
    debian = install_base(client, "python", "3.11", SilentReport())
    builder = _builder(client, lake)
    locks = [_fetched(builder, debian, {**FIRST, **change}, wheels) for change in ({}, *others)]
    ours, theirs = _fresh(client, lake, debian), _fresh(client, lake, debian, pip=_pips_own_wheel())
    ensure_tools(client, ours)
    arms = [
        Arm("Weles", _ours(client, lake, ours), layers_of(client, ours.image)),
        Arm("one `pip install`", _pips(client, lake, theirs, wheels), layers_of(client, theirs.image)),
    ]
    for place, lock in enumerate(locks):
        # Who goes first changes, so that what else the machine does falls on both.
        for arm in arms if place % 2 == 0 else arms[::-1]:
            arm.measure(client, lock)
    names = ["the first", *(", ".join(f"{name} {version}" for name, version in each.items()) for each in others)]
    return names, arms


def _pips_own_wheel() -> Path:
    """The wheel that this interpreter makes its virtual environments with."""
    return next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))


def _builder(client: docker.DockerClient, lake: str) -> DockerBuilder:
    return DockerBuilder(
        client,
        store=PackageStore(CACHE / "packages"),
        site=SiteSettings.from_host(os.environ),
        lake=lake,
        runtimes_folder=RUNTIME_IMAGES,
        timeout_seconds=_SECONDS,
    )


def _fetched(builder: DockerBuilder, base: Base, pins: Mapping[str, str], wheels: Path) -> Lock:
    """The lock of the pins; its files are in the package store and in the folder `wheels` then."""
    spec = EnvironmentSpec("python", base.version, tuple(Pin(name, version) for name, version in pins.items()))
    resolution = builder.resolve(spec, base, SilentReport())
    builder.fetch(resolution, base, SilentReport())
    store = PackageStore(CACHE / "packages")
    for package in resolution.lock.packages:
        file = store.ready(package, base.version)
        assert file is not None
        shutil.copyfile(file, wheels / file.name)
    return resolution.lock


def _built(client: docker.DockerClient, lake: str, tag: str, files: Mapping[str, bytes | Path]) -> str:
    with build_context(files) as context:
        outcome = build_image(client, context, tag=tag, labels={"weles": lake}, watch=Watch(_SECONDS))
    assert outcome.image_id is not None, outcome.error
    return outcome.image_id


def _fresh(client: docker.DockerClient, lake: str, base: Base, *, pip: Path | None = None) -> Base:
    """The base with a layer that is nowhere else, and with pip if its wheel is given: Debian's has none."""
    text = f"FROM {base.image}\nRUN echo {uuid.uuid4().hex} >/fresh\n"
    files: dict[str, bytes | Path] = {}
    if pip is not None:
        files[f"pip/{pip.name}"] = pip
        text += (
            f"RUN --mount=type=bind,source=pip,target=/media PYTHONPATH=/media/{pip.name} "
            f"python3 -m pip install --root-user-action=ignore --no-index /media/{pip.name}\n"
        )
    tag = f"weles-bench/python:{uuid.uuid4().hex[:12]}"
    identity = _built(client, lake, tag, {**files, "Dockerfile": text.encode()})
    return dataclasses.replace(base, image=tag, image_id=identity)


def _ours(client: docker.DockerClient, lake: str, base: Base) -> Callable[[Lock], str]:
    builder = _builder(client, lake)
    recipe = builder.recipe()

    def build(lock: Lock) -> str:
        return builder.build(environment_id(lock, base, recipe), lock, base, SilentReport()).image_id

    return build


def _pips(client: docker.DockerClient, lake: str, base: Base, wheels: Path) -> Callable[[Lock], str]:
    """A RUN with one `pip install` of the lock's wheels, which the build only sees, and nothing else."""

    def build(lock: Lock) -> str:
        pins = "".join(f"{each.name}=={each.version}\n" for each in lock.packages)
        files = {f"wheels/{each.file.filename}": wheels / each.file.filename for each in lock.packages}
        text = (
            f"FROM {base.image}\n"
            "RUN --mount=type=bind,source=wheels,target=/media --mount=type=bind,source=pins.txt,target=/mnt/pins.txt "
            "python3 -m pip install --root-user-action=ignore --no-cache-dir --no-index --no-deps "
            "--find-links /media -r /mnt/pins.txt\n"
        )
        tag = f"weles-bench/pip:{uuid.uuid4().hex[:12]}"
        return _built(client, lake, tag, {**files, "pins.txt": pins.encode(), "Dockerfile": text.encode()})

    return build


def _table(measured: tuple[list[str], list[Arm]]) -> str:
    names, arms = measured
    columns = ["environment", *(f"{arm.name}: {what}" for arm in arms for what in ("s", "adds MB"))]
    rows = [[name, *_cells(arms, place)] for place, name in enumerate(names)]
    rows.append(["all of them", *(cell for arm in arms for cell in (number(sum(arm.seconds), 1), _mb(sum(arm.added))))])
    return table("Ten environments that differ in one to three pins", columns, rows)


def _cells(arms: list[Arm], place: int) -> Iterator[str]:
    for arm in arms:
        share = f" ({100 * arm.seconds[place] / arm.seconds[0]:.0f} %)" if place else ""
        yield number(arm.seconds[place], 1) + share
        part = f" ({100 * arm.added[place] / arm.sizes[place]:.0f} %)" if place else ""
        yield _mb(arm.added[place]) + part


def _mb(size: int) -> str:
    return number(size / _MB, 0)
