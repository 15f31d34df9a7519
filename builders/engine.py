"""The engine's own failures → BuilderUnavailable, in one place."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from docker.errors import APIError, DockerException

from builders.errors import BuilderUnavailable

DISK_FULL = "no space left on device"


@contextmanager
def engine_errors() -> Iterator[None]:
    """Run a block that speaks to the engine. Raises BuilderUnavailable for whatever the engine answers or does not."""
    try:
        yield
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> BuilderUnavailable:
    """The reason in the operator's words."""
    text = str(error.explanation if isinstance(error, APIError) else error)
    if DISK_FULL in text.lower():
        return BuilderUnavailable(f"the Docker Engine's disk is full; free some: {text}")
    if isinstance(error, APIError):
        return BuilderUnavailable(f"the Docker Engine refused: {text}")
    return BuilderUnavailable(f"the Docker Engine does not answer; is it running, and may this user reach it? {text}")
