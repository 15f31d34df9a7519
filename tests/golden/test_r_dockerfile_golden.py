"""A whole Dockerfile of R and its literal id, as they were looked at and found good.

A change here changes every image of R that is built from now on: raise its name in `RECIPE_NAMES` with it.
"""

from pathlib import Path

import pytest

from builders.bases import Base
from builders.identity import RECIPE_NAMES, Recipe, environment_id
from builders.lock import Lock, LockedPackage, PackageFile
from builders.r.dockerfile import render_r

FOLDER = Path(__file__).parent / "dockerfiles"
BASE = Base("r", "4.2.2", "weles-base/r:4.2.2", "sha256:" + "b" * 64)
RECIPE = Recipe(RECIPE_NAMES["r"], "sha256:" + "c" * 64)


def locked(name, version, size, sha, needs=(), links=()):
    file = PackageFile(f"{name}_{version}.tar.gz", sha * 64, size)
    return LockedPackage(name, version, file, "r-source", needs, links)


LOCK = Lock(
    "r",
    "4.2.2",
    "linux/x86_64",
    (
        locked("randomForest", "4.7-1.2", 80_900, "1"),
        locked("data.table", "1.14.8", 5_300_000, "2"),
        locked("xml2", "1.3.3", 283_008, "3", ("Rcpp",), ("Rcpp",)),
        locked("Rcpp", "1.0.10", 3_000_000, "4"),
    ),
    (LockedPackage("libxml2", "2.9.14+dfsg-1.3~deb12u6", PackageFile("libxml2.deb", "5" * 64, 688_760), "deb"),),
)


def test_a_dockerfile_with_a_library_and_large_and_small_packages():
    assert render_r(LOCK, BASE, RECIPE) == (FOLDER / "r.Dockerfile").read_text()


def test_the_id_of_this_recipe():
    assert RECIPE.name == "r/3"
    assert (
        environment_id(LOCK, BASE, RECIPE) == "sha256:f3e5f3b47687dccec7b3924be391bad7ceb5f321e5993f97e66b6610906305ad"
    )


def test_what_is_no_environment_of_r_is_refused():
    python = Lock("python", "3.11.2", "linux/x86_64", ())
    with pytest.raises(ValueError, match="is for r"):
        render_r(python, BASE, RECIPE)
    wheel = LockedPackage("six", "1.16.0", PackageFile("six-1.16.0-py2.py3-none-any.whl", "6" * 64, 1), "wheel")
    with pytest.raises(ValueError, match="no package of r"):
        render_r(Lock("r", "4.2.2", "linux/x86_64", (wheel,)), BASE, RECIPE)
