"""Bases on the real engine: installed once, listed, and free of the site that they were made at."""

import subprocess

import pytest

from builders.errors import BuilderUnavailable, NoSuchRuntime
from builders.recipes import RUNTIME_IMAGES
from builders.report import SilentReport
from builders.runtimes import dev_image, install_base, list_bases, remove_base

pytestmark = pytest.mark.docker


def test_an_installed_base_is_listed_and_installing_it_again_changes_nothing(engine, base):
    assert base in list_bases(engine)
    assert base.image == f"weles-base/python:{base.version}"
    assert base.image_id == engine.images.get(base.image).id
    assert engine.images.get(base.image).labels["weles.base"] == "python"
    assert install_base(engine, "python", "3.11", SilentReport()) == base
    assert install_base(engine, "python", base.version, SilentReport()) == base


def test_what_can_be_had_is_listed_when_neither_way_has_it(engine, report):
    with pytest.raises(NoSuchRuntime) as caught:
        install_base(engine, "python", "3.98", report)
    assert "3.11 (from Debian bookworm)" in caught.value.available
    assert any("cannot pull python:3.98-slim" in line for line in report.lines)


def test_a_language_that_the_lake_does_not_know_is_refused(engine, report):
    with pytest.raises(NoSuchRuntime):
        install_base(engine, "cobol", "85", report)


def test_removing_a_base_that_is_not_there_names_those_that_are(engine, base):
    with pytest.raises(NoSuchRuntime) as caught:
        remove_base(engine, "python", "3.98.1")
    assert base.version in caught.value.available


def test_without_mmdebstrap_it_is_said_what_to_install(engine, report, monkeypatch):
    monkeypatch.setattr("builders.bootstrap.shutil.which", lambda name: None)
    monkeypatch.setattr("builders.runtimes._installed", lambda *arguments: None)
    with pytest.raises(BuilderUnavailable, match="apt-get install mmdebstrap"):
        install_base(engine, "python", "3.11", report)


def test_a_mirror_that_cannot_be_reached_is_the_lakes_fault(engine, report, monkeypatch):
    monkeypatch.setenv("WELES_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    monkeypatch.setattr("builders.runtimes._installed", lambda *arguments: None)
    with pytest.raises(BuilderUnavailable, match="WELES_DEBIAN_MIRROR"):
        install_base(engine, "python", "3.11", report)


def test_an_unknown_suite_is_refused_by_the_script(tmp_path):
    script = RUNTIME_IMAGES / "bootstrap" / "python.sh"
    done = subprocess.run([script, "potato", tmp_path / "x.tar"], capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert "use bullseye, bookworm" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_the_site_is_left_in_a_base(engine, base):
    program = "cat /etc/apt/apt.conf.d/99* /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null"
    found = engine.containers.run(
        base.image,
        ["/bin/sh", "-c", f"{program}; find /var/lib/apt/lists -size +0 -type f"],
        remove=True,
        network_mode="none",
    )
    assert found.decode().split() == []


def test_old_packages_find_the_standard_library_that_they_need(engine, base):
    program = "import ctypes, distutils.core, sqlite3, ssl, venv; print('there')"
    found = engine.containers.run(
        base.image, ["python3", "-W", "ignore", "-c", program], remove=True, network_mode="none"
    )
    assert found == b"there\n"


def test_a_base_of_r_has_a_sister_with_compilers_that_is_no_base(engine, r_base):
    assert r_base in list_bases(engine)
    assert r_base.image == f"weles-base/r:{r_base.version}"
    assert dev_image(r_base) not in {base.image for base in list_bases(engine)}
    assert engine.images.get(dev_image(r_base)).labels["weles.base-dev"] == "r"
    assert install_base(engine, "r", r_base.version, SilentReport()) == r_base
    look = "for name in gcc g++ gfortran make; do command -v $name; done; true"
    found = {
        image: engine.containers.run(image, ["/bin/sh", "-c", look], remove=True, network_mode="none").decode().split()
        for image in (r_base.image, dev_image(r_base))
    }
    assert found[r_base.image] == []
    assert len(found[dev_image(r_base)]) == 4


def test_a_base_of_r_has_the_recommended_packages_and_nothing_of_the_site(engine, r_base):
    program = "for (name in c('MASS', 'Matrix', 'rpart', 'survival')) loadNamespace(name); cat('there\\n')"
    found = engine.containers.run(
        r_base.image, ["Rscript", "--vanilla", "-e", program], remove=True, network_mode="none"
    )
    assert found == b"there\n"
    look = "cat /etc/apt/apt.conf.d/99* /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null; true"
    assert engine.containers.run(r_base.image, ["/bin/sh", "-c", look], remove=True, network_mode="none") == b""


def test_versions_of_r_that_can_be_had_are_listed(engine, report):
    with pytest.raises(NoSuchRuntime) as caught:
        install_base(engine, "r", "3.98", report)
    assert caught.value.available == (
        "4.0 (from Debian bullseye)",
        "4.2 (from Debian bookworm)",
        "4.5 (from Debian trixie)",
    )
