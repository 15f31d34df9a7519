"""What the image is locked to is what setup.cfg asks for; `deploy/image/lock.sh` brings it up to date."""

import configparser
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

_PIN = re.compile(r"^([\w.-]+)(?:\[.*\])?==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)


def _locked(*names: str) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for name in names:
        for package, version, _ in _PIN.findall((ROOT / "deploy/image" / name).read_text()):
            found.setdefault(canonicalize_name(package), []).append(Version(version))
    return found


def _asked(section: str, option: str) -> list[Requirement]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup.get(section, option).splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize(
    ("section", "option", "files"),
    [
        ("options", "install_requires", ["web.txt"]),
        ("options.extras_require", "analysis", ["web.txt", "analysis.txt"]),
    ],
)
def test_everything_that_is_asked_for_is_locked(section: str, option: str, files: list[str]) -> None:
    locked = _locked(*files)
    for asked in _asked(section, option):
        versions = locked.get(canonicalize_name(asked.name), [])
        assert versions, f"{asked} is not locked: run deploy/image/lock.sh"
        assert all(version in asked.specifier for version in versions), f"{asked}: run deploy/image/lock.sh"


def test_the_worker_adds_only_what_the_web_process_has_not() -> None:
    assert not _locked("web.txt").keys() & _locked("analysis.txt").keys()


@pytest.mark.parametrize("name", ["web.txt", "analysis.txt", "tools.txt"])
def test_every_pin_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "deploy/image" / name).read_text()
    assert "://" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block
