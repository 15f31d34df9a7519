"""Images brought to a real registry, and back from it."""

import pytest
import requests

from builders.errors import BuilderUnavailable
from builders.identity import environment_id
from builders.spec import EnvironmentSpec
from tests.integration.lake import free_port

pytestmark = pytest.mark.docker
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def environment(make_builder, base, report):
    """(lock, id) of an environment with nothing but the runtime."""
    builder = make_builder()
    lock = builder.resolve(EnvironmentSpec("python", base.version, ()), base, report).lock
    return lock, environment_id(lock, base, builder.recipe())


def test_a_built_image_is_in_the_registry_under_its_digest(
    make_builder, environment, base, report, registry, lake_name
):
    lock, identity = environment
    assert make_builder().build(identity, lock, base, report).reference is None

    # What was built before there was a registry is only brought there.
    built = make_builder(registry=registry).build(identity, lock, base, report)
    repository, digest = built.reference.split("@")
    assert repository == f"{registry}/weles-env/{lake_name}"
    address = f"http://{registry}/v2/weles-env/{lake_name}/manifests/{digest}"
    manifest = requests.get(address, headers={"Accept": MANIFEST}, timeout=10)
    assert manifest.headers["Docker-Content-Digest"] == digest
    assert manifest.json()["config"]["digest"] == built.image_id
    assert make_builder(registry=registry).exists(identity) == built
    assert make_builder().exists(identity).reference is None


def test_what_only_the_registry_has_is_brought_back(make_builder, environment, base, report, registry, engine):
    lock, identity = environment
    builder = make_builder(registry=registry)
    built = builder.build(identity, lock, base, report)
    builder.remove(identity)
    assert make_builder().exists(identity) is None
    assert builder.exists(identity) == built
    assert engine.images.get(built.reference).id == built.image_id


def test_a_registry_that_is_not_there_is_the_lakes_fault(make_builder, environment, base, report):
    lock, identity = environment
    with pytest.raises(BuilderUnavailable, match="refused"):
        make_builder(registry=f"127.0.0.1:{free_port()}").build(identity, lock, base, report)


@pytest.mark.parametrize("address", ["https://registry.example", "a b", "host/UPPER", "host:port", "-x", "host/../x"])
def test_what_is_no_address_of_a_registry_is_refused(make_builder, address):
    with pytest.raises(ValueError, match="not a registry's address"):
        make_builder(registry=address)
