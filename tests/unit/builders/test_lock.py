"""Locks: validity, order, JSON."""

import pytest

from builders.lock import Lock, LockedPackage, PackageFile, Resolution
from builders.pins import Repair

SHA = "ab" * 32


def package(name="numpy", version="1.26.4", filename="numpy-1.26.4-py3-none-any.whl", kind="wheel", sha=SHA):
    return LockedPackage(name, version, PackageFile(filename, sha, 10), kind)


def test_json_and_back():
    lock = Lock("python", "3.11.2", "linux/x86_64", (package(), package("a", "1", "a-1.tar.gz", "sdist")))
    resolution = Resolution(lock, {SHA: "https://example.org/x"}, (Repair(1, "t", "dropped", "r"),))
    assert Lock.from_json(lock.to_json()) == lock
    assert Resolution.from_json(resolution.to_json()) == resolution


def test_packages_are_kept_in_order():
    packages = (package("b", filename="b.whl"), package("a", filename="a.whl"))
    assert [each.name for each in Lock("python", "3.11.2", "linux/x86_64", packages).packages] == ["a", "b"]


def test_a_lock_holds_no_address():
    lock = Lock("python", "3.11.2", "linux/x86_64", (package(),))
    resolution = Resolution(lock, {SHA: "https://me:hunter2@example.org/x"})
    assert "example.org" not in str(lock.to_json())
    assert "hunter2" not in repr(resolution)


def test_a_package_locked_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        Lock("python", "3.11.2", "linux/x86_64", (package(), package(version="2.0")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Num_Py"},
        {"name": "numpy\nRUN evil"},
        {"version": "1.0 && evil"},
        {"version": "1.0-rc1"},
        {"filename": "../numpy.whl"},
        {"filename": "numpy 1.whl"},
        {"filename": "-numpy.whl"},
        {"filename": "numpy$(id).whl"},
        {"filename": "numpy.whl\n"},
        {"filename": ".whl"},
        {"filename": "numpy.exe"},
        {"kind": "sdist"},
        {"kind": "egg"},
        {"sha": "AB" * 32},
        {"sha": "ab" * 31},
        {"sha": "ab" * 32 + "\n"},
    ],
)
def test_a_package_that_is_not_valid_cannot_be_made(wrong):
    with pytest.raises(ValueError):
        package(**wrong)
