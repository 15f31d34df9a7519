"""Who asks the doctor what must be compiled, where no image has compilers yet, is told at once and can ask again."""

import dataclasses
import io
import stat
import tarfile
import time

import pytest

from builders import runtimes
from builders.bases import Base
from builders.parse import parse_environment
from builders.runtimes import dev_image
from builders.site import SiteSettings
from registry.domain.errors.lake import RuntimeNotReady
from registry.services.examination import Examination

pytestmark = pytest.mark.docker
# Instead of a minute's work of mmdebstrap: the base itself, after a while.
SCRIPT = """#!/bin/sh -eu
sleep 3
container=$(docker create --label weles={lake} {image} true)
docker export --output "$2" "$container"
docker rm "$container"
"""
SETUP = """
import subprocess
from setuptools import setup
subprocess.check_call(["gcc", "--version"])
setup(name="weles-probe", version="1.0")
"""


class NoEnvironments:
    def ready(self, newest):
        return {}


@pytest.fixture
def own_base(engine, base, lake_name, tmp_path, monkeypatch):
    """The base by another name, by which no image has compilers; making one takes some seconds."""
    name = f"weles-test/{lake_name}"
    engine.images.get(base.image).tag(name, base.version)
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    script = scripts / "python.sh"
    script.write_text(SCRIPT.format(lake=lake_name, image=base.image))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(runtimes, "SCRIPTS", scripts)
    own = Base(base.language, base.version, f"{name}:{base.version}", base.image_id)
    yield own
    for each in (own.image, dev_image(own)):
        if engine.images.list(name=each):
            engine.images.remove(each)


@pytest.fixture
def site(tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    for each in (links, *links.parents[:3]):
        each.chmod(0o755)
    with tarfile.open(links / "weles_probe-1.0.tar.gz", "w:gz") as tar:
        metadata = "Metadata-Version: 1.2\nName: weles-probe\nVersion: 1.0\n"
        for name, text in {"setup.py": SETUP, "PKG-INFO": metadata}.items():
            entry = tarfile.TarInfo(f"weles-probe-1.0/{name}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    host = SiteSettings.from_host()
    return dataclasses.replace(host, find_links=(*host.find_links, str(links)))


def test_the_doctor_does_not_wait_for_compilers(engine, lake_name, own_base, site, tmp_path, make_builder):
    builder = make_builder(store=tmp_path / "packages", site=site, timeout=100, patient=False)
    doctor = Examination(builder, NoEnvironments(), builder.recipes())
    spec = parse_environment("python", "weles-probe==1.0\n", version="3.11").spec
    told, deadline = [], time.monotonic() + 120
    while True:
        try:
            verdict = doctor.examine(spec, own_base)
        except RuntimeNotReady as error:
            told.append(error)
            assert time.monotonic() < deadline
            time.sleep(1)
        else:
            break
    assert told
    assert told[0].fields["runtime"] == f"python {own_base.version}"
    assert engine.images.get(dev_image(own_base)).labels["weles.base-dev"] == "python"
    # What was made here has no compiler either: that is a verdict.
    assert verdict["diagnosis"]["cause"] == "no-compiler"
