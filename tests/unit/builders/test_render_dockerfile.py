"""Layers, and what may not reach a Dockerfile."""

import dataclasses

import pytest

from builders.bases import Base
from builders.dockerfile import LARGE_BYTES, LARGE_LAYERS, layers, render, step_detail
from builders.identity import Recipe
from builders.lock import Lock, LockedPackage, PackageFile

BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "1" * 64)
RECIPE = Recipe("python/1", "sha256:" + "2" * 64)


def package(name, size=10, version="1.0"):
    return LockedPackage(name, version, PackageFile(f"{name}-{version}.whl", "ab" * 32, size), "wheel")


def lock(*packages):
    return Lock("python", "3.11.2", "linux/x86_64", packages)


def test_large_packages_come_first_and_alone_and_small_ones_together_last():
    split = layers(lock(package("a"), package("scipy", LARGE_BYTES + 1), package("b"), package("torch", 10**9)))
    assert [[each.name for each in layer.packages] for layer in split] == [["torch"], ["scipy"], ["a", "b"]]
    assert [layer.folder for layer in split] == ["00-torch", "01-scipy", "02-all-small-ones"]


def test_the_limit_of_large_is_five_megabytes():
    assert [layer.folder for layer in layers(lock(package("a", LARGE_BYTES - 1), package("b", LARGE_BYTES)))] == [
        "00-b",
        "01-all-small-ones",
    ]


def test_equally_large_ones_are_in_the_order_of_their_names():
    assert [layer.folder for layer in layers(lock(package("b", 10**7), package("a", 10**7)))] == ["00-a", "01-b"]


def test_there_are_never_more_layers_than_an_image_can_have():
    many = layers(lock(*(package(f"p{number}", 10**7 + number) for number in range(100))))
    assert len(many) == LARGE_LAYERS + 1
    assert sum(len(layer.packages) for layer in many) == 100


def test_nothing_to_install_is_a_dockerfile_without_layers_of_packages():
    assert layers(lock()) == ()
    assert "pip install" not in render(lock(), BASE, RECIPE)


def test_every_package_is_named_in_a_comment_and_installed_once():
    text = render(lock(package("a"), package("torch", 10**9, "2.1.0+cpu")), BASE, RECIPE)
    assert "# a==1.0\n" in text
    assert "# torch==2.1.0+cpu\n" in text
    assert text.count("pip install") == 2


def test_the_image_ends_as_nobody_and_starts_the_runtime():
    lines = render(lock(package("a")), BASE, RECIPE).splitlines()
    users = [line for line in lines if line.startswith("USER")]
    assert users[-1] == "USER 65534:65534"
    assert 'ENTRYPOINT ["/opt/weles/env/bin/python", "-I", "/opt/weles/runtime"]' in lines


def forged(**changes):
    """A package that its own checks would refuse, as if they had been passed by."""
    made = package("a")
    for name, value in changes.items():
        object.__setattr__(made, name, value)
    return made


@pytest.mark.parametrize(
    "changes", [{"name": "a\nRUN evil"}, {"name": "$(id)"}, {"version": "1.0 && evil"}, {"version": "1\nUSER 0"}]
)
def test_a_forged_package_does_not_reach_the_text(changes):
    with pytest.raises(ValueError, match="cannot be in a Dockerfile"):
        render(lock(forged(**changes)), BASE, RECIPE)


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("base", {"image": "x\nRUN evil"}),
        ("base", {"image": "weles-base/python"}),
        ("base", {"image_id": "latest"}),
        ("recipe", {"name": "python/1\nRUN evil"}),
        ("recipe", {"runtime_digest": "none"}),
        ("lock", {"platform": "linux/x86_64\nRUN evil"}),
        ("lock", {"version": "3.11.2\n"}),
        ("lock", {"language": "r"}),
    ],
)
def test_nothing_else_that_is_odd_reaches_the_text(what, changes):
    parts = {"lock": lock(package("a")), "base": BASE, "recipe": RECIPE}
    parts[what] = dataclasses.replace(parts[what], **changes)
    with pytest.raises(ValueError):
        render(**parts)


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        ("[stage-1 3/7] RUN --mount=type=bind,source=packages/00-numpy,target=/media /mnt/uv", "installing numpy"),
        ("[stage-1 4/7] RUN --mount=source=packages/01-all-small-ones,target=/media", "installing the small packages"),
        ("exporting to image", "exporting the image"),
        ("[internal] load remote build context", "preparing"),
        ("", "preparing"),
    ],
)
def test_a_step_in_a_few_words(step, detail):
    assert step_detail(step) == detail
