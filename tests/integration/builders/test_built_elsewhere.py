"""Environments whose images a BuildKit elsewhere builds: the same ones as the engine's, in the registry at once."""

import json

import pytest
import requests
from images import leftovers, run

from builders.buildx import Buildx
from builders.identity import environment_id
from builders.lock import Lock
from builders.parse import parse_environment
from builders.spec import parse_requirements

pytestmark = pytest.mark.docker
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
REQUIREMENTS = "joblib==1.4.2\nthreadpoolctl==3.5.0\nnumpy==1.26.4\n"


@pytest.fixture
def builder(make_builder, registry, remote):
    return make_builder(registry=registry, buildx=Buildx(remote.address, remote.certificates))


def acquire(builder, base, report, text=REQUIREMENTS):
    resolution = builder.resolve(parse_requirements(text, version="3.11").spec, base, report)
    lock = builder.fetch(resolution, base, report)
    return lock, environment_id(lock, base, builder.recipe())


def test_from_a_freeze_to_an_image_in_the_registry(engine, lake_name, builder, base, report, registry):
    lock, identity = acquire(builder, base, report)
    built = builder.build(identity, lock, base, report)

    assert dict(built.installed) == {"joblib": "1.4.2", "numpy": "1.26.4", "threadpoolctl": "3.5.0"}
    repository, digest = built.reference.split("@")
    assert repository == f"{registry}/weles-env/{lake_name}"
    address = f"http://{registry}/v2/weles-env/{lake_name}"
    manifest = requests.get(f"{address}/manifests/{digest}", headers={"Accept": MANIFEST}, timeout=10).json()
    assert manifest["config"]["digest"] == built.image_id
    # One name, of what is whole; and the engine has no other image of this lake.
    assert requests.get(f"{address}/tags/list", timeout=10).json()["tags"] == [built.tag.partition(":")[2]]
    assert [each.id for each in engine.images.list(filters={"label": f"weles={lake_name}"})] == [built.image_id]
    assert leftovers(engine, lake_name) == []

    program = "import numpy, joblib; print(numpy.arange(3).sum(), joblib.__version__)"
    assert run(engine, built.tag, "/opt/weles/env/bin/python", "-I", "-c", program) == "3 1.4.2\n"
    assert run(engine, built.tag, "/usr/bin/id", "-u") == "65534\n"
    labels = engine.images.get(built.tag).labels
    assert labels["weles.environment"] == identity
    assert Lock.from_json(json.loads(labels["weles.lock"])) == lock
    assert any(detail == "installing numpy" for phase, _, detail in report.phases if phase == "build")

    # Nothing is built again where it is known, nor where only the registry knows it.
    assert builder.build(identity, lock, base, report).image_id == built.image_id
    builder.remove(identity)
    assert builder.exists(identity).reference == built.reference


def test_the_layers_are_those_of_an_engine(engine, make_builder, builder, base, report, lake_name):
    """But for times, and what has them: bytecode, uv's note on the wheel, and the list with its hash."""
    lock, identity = acquire(builder, base, report, "joblib==1.4.2\n")
    contents = []
    for each in (builder, make_builder()):
        built = each.build(identity, lock, base, report)
        timed = "! -name '*.pyc' ! -name uv_cache.json ! -name RECORD"
        command = f"cd /opt/weles && find . -type f {timed} | sort | xargs sha256sum"
        files = run(engine, built.tag, "/bin/sh", "-c", command)
        contents.append((files.splitlines(), engine.images.get(built.tag).attrs["Config"]["Entrypoint"]))
        engine.images.remove(built.image_id, force=True)
    assert contents[0] == contents[1]
    assert any("joblib" in line for line in contents[0][0])


@pytest.mark.deploy
def test_r_is_built_the_same_way(make_r_builder, r_base, report, registry, remote):
    builder = make_r_builder(registry=registry, buildx=Buildx(remote.address, remote.certificates))
    text = "# weles-r 1\njsonlite==1.8.4  cran\nstats==4.2.2  base"
    spec = parse_environment("r", text, version="4.2.2").spec
    resolution = builder.resolve(spec, r_base, report)
    lock = builder.fetch(resolution, r_base, report)
    built = builder.build(environment_id(lock, r_base, builder.recipe("r")), lock, r_base, report)
    assert dict(built.installed) == {"jsonlite": "1.8.4"}
    assert built.reference.startswith(f"{registry}/weles-env/")
