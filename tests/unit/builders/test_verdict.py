"""What the doctor says of an environment; and what two locks differ in."""

from types import SimpleNamespace

import pytest

from builders.bases import Base
from builders.diagnosis import diagnose
from builders.dockerfile import LARGE_BYTES
from builders.doctor import examine
from builders.errors import BuilderUnavailable, BuildFailed
from builders.identity import Recipe, environment_id
from builders.lock import Lock, LockedPackage, PackageFile, Resolution
from builders.lock_differences import differences
from builders.packages import Missing, PackageStore
from builders.pins import Pin, Repair
from builders.report import SilentReport
from builders.spec import EnvironmentSpec
from builders.verdict import nearest

BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "1" * 64)
RECIPE = Recipe("python/1", "sha256:" + "2" * 64)
SPEC = EnvironmentSpec("python", "3.11", (Pin("numpy", "1.26.4"),))


def package(name, version="1.0", size=10, kind="wheel"):
    ending = "-py3-none-any.whl" if kind == "wheel" else ".tar.gz"
    sha = f"{abs(hash((name, version))):064x}"[-64:]
    return LockedPackage(name, version, PackageFile(f"{name}-{version}{ending}", sha, size), kind)


def lock(*packages, version="3.11.2"):
    return Lock("python", version, "linux/x86_64", packages)


BIG, SECOND = package("big", size=3 * LARGE_BYTES), package("second", size=2 * LARGE_BYTES)
SMALL, OLD_SMALL, SOURCE = package("small"), package("small", "0.9"), package("source", kind="sdist")


NOTHING = Missing((), ())


class Builder:
    def __init__(self, outcome, *, image=None, missing=NOTHING):
        self.outcome = outcome
        self.image = image
        self.lacks = missing

    def resolve(self, spec, base, report):
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def missing(self, lock):
        return self.lacks

    def exists(self, identity):
        return self.image


def test_a_good_environment_is_told_in_numbers():
    whole = lock(BIG, SMALL, SOURCE)
    builder = Builder(
        Resolution(whole, {}, (Repair(0, "x", "dropped", "why"),)), missing=Missing((SMALL, SOURCE), (SOURCE,))
    )
    verdict = examine(builder, SPEC, BASE, RECIPE, SilentReport(), {"sha256:other": lock(BIG, OLD_SMALL)}).to_json()
    assert verdict["ok"] is True
    assert verdict["environment"] == environment_id(whole, BASE, RECIPE)
    assert verdict["image"] == {"exists": False, "bytes": None}
    assert verdict["compiles"] == ["source==1.0"]
    assert (verdict["package_bytes"], verdict["download_bytes"]) == (3 * LARGE_BYTES + 20, 20)
    assert verdict["shares"] == {
        "environment": "sha256:other",
        "packages": 1,
        "bytes": 3 * LARGE_BYTES,
        "layers": 1,
        "layer_bytes": 3 * LARGE_BYTES,
    }
    assert [each["name"] for each in verdict["packages"]] == ["big", "small", "source"]
    assert verdict["repairs"][0]["reason"] == "why"


def test_an_environment_that_is_there_is_said_to_be_there_and_shares_nothing_with_itself():
    whole = lock(BIG)
    known = {environment_id(whole, BASE, RECIPE): whole}
    builder = Builder(Resolution(whole, {}), image=SimpleNamespace(bytes=99))
    verdict = examine(builder, SPEC, BASE, RECIPE, SilentReport(), known).to_json()
    assert verdict["image"] == {"exists": True, "bytes": 99}
    assert verdict["shares"] is None


def test_what_cannot_be_resolved_is_a_verdict_and_no_error():
    log = "Because there is no version of numpy==9.9 and you require numpy==9.9, unsatisfiable\n"
    verdict = examine(Builder(BuildFailed(diagnose("resolve", log), log)), SPEC, BASE, RECIPE, SilentReport()).to_json()
    assert (verdict["ok"], verdict["environment"], verdict["packages"]) == (False, None, [])
    assert (verdict["diagnosis"]["cause"], verdict["diagnosis"]["package"]) == ("no-such-version", "numpy")


def test_the_lakes_own_trouble_is_no_verdict():
    with pytest.raises(BuilderUnavailable):
        examine(Builder(BuilderUnavailable("no engine")), SPEC, BASE, RECIPE, SilentReport())


def test_the_nearest_shares_layers_before_packages():
    wanted = lock(BIG, SECOND, SMALL)
    known = {
        "packages": lock(SECOND, SMALL, package("huge", size=9 * LARGE_BYTES)),
        "layers": lock(BIG, package("other", size=LARGE_BYTES)),
        "another python": lock(BIG, SECOND, SMALL, version="3.9.2"),
        "nothing": lock(package("alone")),
    }
    found = nearest(wanted, known)
    assert (found.environment, found.layers, found.packages) == ("layers", 1, 1)
    del known["layers"]
    found = nearest(wanted, known)
    assert (found.environment, found.layers, found.packages) == ("packages", 0, 2)
    assert nearest(wanted, {"nothing": known["nothing"]}) is None


def test_the_store_knows_what_it_lacks(tmp_path):
    store = PackageStore(tmp_path)
    assert not store.has(SMALL.file)
    assert not store.has_built(SOURCE, "3.11.2")


def test_the_differences_of_two_locks():
    rebuilt = LockedPackage("second", "1.0", PackageFile("second-1.0-py3-none-any.whl", "ab" * 32, 1), "wheel")
    told = differences(lock(BIG, SECOND, OLD_SMALL), lock(BIG, rebuilt, SMALL, SOURCE, version="3.11.9")).to_json()
    assert told == {
        "added": [{"name": "source", "version": "1.0"}],
        "removed": [],
        "changed": [{"name": "second", "from": "1.0", "to": "1.0"}, {"name": "small", "from": "0.9", "to": "1.0"}],
        "same": 1,
        "interpreter": {"from": "python 3.11.2", "to": "python 3.11.9"},
    }
    assert differences(lock(BIG), lock(BIG)).to_json() == {
        "added": [],
        "removed": [],
        "changed": [],
        "same": 1,
        "interpreter": None,
    }
    assert differences(lock(BIG), lock()).to_json()["removed"] == [{"name": "big", "version": "1.0"}]
