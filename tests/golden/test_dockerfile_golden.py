"""Whole Dockerfiles and one literal id, as they were looked at and found good.

A change here changes every image that is built from now on: raise `RECIPE_NAME` with it.
"""

from pathlib import Path

from builders.bases import Base
from builders.dockerfile import render
from builders.identity import RECIPE_NAME, Recipe, environment_id, spec_digest
from builders.lock import Lock, LockedPackage, PackageFile
from builders.spec import parse_requirements

FOLDER = Path(__file__).parent / "dockerfiles"
BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "b" * 64)
RECIPE = Recipe(RECIPE_NAME, "sha256:" + "c" * 64)


def locked(name, version, size, sha, kind="wheel"):
    filename = f"{name}-{version}.tar.gz" if kind == "sdist" else f"{name}-{version}-py3-none-any.whl"
    return LockedPackage(name, version, PackageFile(filename, sha * 64, size), kind)


LOCK = Lock(
    "python",
    "3.11.2",
    "linux/x86_64",
    (
        locked("scikit-learn", "1.5.2", 13_300_000, "1"),
        locked("docopt", "0.6.2", 25_901, "2", "sdist"),
        locked("joblib", "1.4.2", 301_817, "3"),
        locked("numpy", "1.26.4", 18_252_005, "4"),
        locked("torch", "2.1.0+cpu", 190_000_000, "5"),
    ),
)


def test_a_dockerfile_with_large_and_small_packages():
    assert render(LOCK, BASE, RECIPE) == (FOLDER / "large-and-small.Dockerfile").read_text()


def test_a_dockerfile_without_packages():
    empty = Lock("python", "3.11.2", "linux/x86_64", ())
    assert render(empty, BASE, RECIPE) == (FOLDER / "empty.Dockerfile").read_text()


def test_the_id_of_this_recipe():
    assert RECIPE_NAME == "python/2"
    assert (
        environment_id(LOCK, BASE, RECIPE) == "sha256:06a2eba3f193be2b7bed735eae3e86ec751ff81828c2d0661a5642f1bb758190"
    )


def test_the_digest_of_a_specification():
    spec = parse_requirements("numpy==1.26.4\njoblib==1.4.2\nsetuptools==65.5.0\n", version="3.11").spec
    assert spec_digest(spec) == "sha256:7c2626c5078ae6da09c07a666d92e78f1c5de1f65cf296057242ea4c15f191c0"
