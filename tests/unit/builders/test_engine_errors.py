"""Whatever the engine does wrong is one error with a reason that an operator can use."""

import docker
import pytest
import requests
from docker.errors import APIError

from builders.docker_builder import LAKE_NAME, DockerBuilder
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.packages import PackageStore
from builders.site import SiteSettings

# The discard port: nobody listens there.
NOBODY = "tcp://127.0.0.1:9"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (APIError("x", explanation="write /x: no space left on device"), "disk is full"),
        (APIError("x", explanation="conflict"), "refused: conflict"),
        (requests.exceptions.ConnectionError("refused"), "is it running"),
        (requests.exceptions.ReadTimeout("slow"), "does not answer"),
        (ConnectionResetError("gone"), "does not answer"),
    ],
)
def test_an_engines_failure_is_the_lakes(error, says):
    with pytest.raises(BuilderUnavailable, match=says), engine_errors():
        raise error


def test_a_mistake_of_our_own_is_not_hidden():
    with pytest.raises(KeyError), engine_errors():
        raise KeyError("x")


@pytest.fixture
def builder(tmp_path):
    """A builder whose engine is not there."""
    client = docker.DockerClient(base_url=NOBODY, version="1.41")
    yield DockerBuilder(
        client,
        store=PackageStore(tmp_path / "packages"),
        site=SiteSettings(),
        lake="nobody",
        runtimes_folder=tmp_path,
        timeout_seconds=5,
    )
    client.close()


def test_an_engine_that_is_not_there_is_said(builder):
    with pytest.raises(BuilderUnavailable, match="is it running"):
        builder.bases()
    with pytest.raises(BuilderUnavailable, match="is it running"):
        builder.exists("sha256:" + "0" * 64)
    with pytest.raises(BuilderUnavailable, match="is it running"):
        builder.remove_leftovers()


@pytest.mark.parametrize("lake", ["", "A", "a b", "a/b", "-a", "a" * 64, "a\n"])
def test_a_lakes_name_must_fit_into_a_tag(lake):
    assert LAKE_NAME.fullmatch(lake) is None
    with pytest.raises(ValueError, match="not a lake's name"):
        DockerBuilder(None, store=None, site=None, lake=lake, runtimes_folder=None, timeout_seconds=5)
