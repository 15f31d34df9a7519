"""Bases that are pulled: a second engine, beside a real registry that mirrors what the Docker Hub would give."""

import os
from pathlib import Path

import docker
import pytest

from builders.bases import Base
from builders.context import build_context
from builders.dev_bases import with_compilers
from builders.image_build import build_image
from builders.report import SilentReport
from builders.runtimes import dev_image, install_base, list_bases, make_dev_base
from builders.watch import Watch

REGISTRY = "127.0.0.1:5000"
pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.getuid() != 0, reason="a second engine needs root"),
]


@pytest.mark.parametrize(("language", "published"), [("python", "library/python:3.11-slim"), ("r", "rocker/r-ver:4.2")])
def test_what_a_registry_has_is_pulled_and_nothing_is_made(
    engine: docker.DockerClient, other_engine: docker.DockerClient, request: pytest.FixtureRequest, tmp_path: Path,
    language: str, published: str,
) -> None:  # fmt: skip
    made = request.getfixturevalue("base" if language == "python" else "r_base")
    publish(engine, other_engine, made.image, published)
    assert list_bases(other_engine) == [each for each in list_bases(other_engine) if each.language != language]

    # There are no scripts in this folder: only pulling can give a base.
    base = install_base(
        other_engine, language, published.partition(":")[2].removesuffix("-slim"), SilentReport(), tmp_path
    )
    assert (base.language, base.version) == (language, made.version)
    assert base in list_bases(other_engine)
    assert base.image_id == other_engine.images.get(base.image).id
    if language == "r":
        # An image of rocker has its compilers: it is its own sister.
        assert other_engine.images.get(dev_image(base)).labels["weles.base-dev"] == "r"
    tags = {tag for image in other_engine.images.list() for tag in image.tags}
    assert not any(tag.startswith(("python:", "rocker/")) for tag in tags)


def test_the_sister_with_compilers_of_a_pulled_base_is_pulled(
    engine: docker.DockerClient, other_engine: docker.DockerClient, base: Base, tmp_path: Path
) -> None:
    compilers = with_compilers(engine, base, SilentReport(), Watch(900))
    # As the official images do, they say which Python they have.
    publish(engine, other_engine, base.image, "library/python:3.11-slim", f"ENV PYTHON_VERSION={base.version}")
    publish(
        engine, other_engine, compilers.image, f"library/python:{base.version}", f"ENV PYTHON_VERSION={base.version}"
    )
    for there in list_bases(other_engine):
        other_engine.images.remove(there.image, force=True)

    # There are no scripts in this folder: only pulling can give a base, or its sister.
    pulled = install_base(other_engine, "python", "3.11", SilentReport(), tmp_path)
    sister = make_dev_base(other_engine, pulled, SilentReport(), tmp_path)
    assert (sister.version, sister.image) == (base.version, dev_image(pulled))
    assert sister.image not in {each.image for each in list_bases(other_engine)}
    assert with_compilers(other_engine, pulled, SilentReport(), Watch(900)) == sister
    answer = other_engine.containers.run(sister.image, ["gcc", "--version"], remove=True, network_mode="none")
    assert answer.startswith(b"gcc")


def publish(
    engine: docker.DockerClient, other: docker.DockerClient, source: str, published: str, more: str = ""
) -> None:
    """Push an image of the one engine to the registry, by way of the other, which keeps nothing of it."""
    (image,) = other.images.load(b"".join(engine.images.get(source).save(named=True)))
    name, tag = published.split(":")
    with build_context({"Dockerfile": f"FROM {source}\n{more}\n".encode()}) as context:
        outcome = build_image(other, context, tag=f"{REGISTRY}/{name}:{tag}", labels={}, watch=Watch(120))
    assert outcome.image_id is not None, outcome.error
    assert '"error"' not in other.images.push(f"{REGISTRY}/{name}", tag)
    for each in {outcome.image_id, image.id}:
        other.images.remove(each, force=True)
