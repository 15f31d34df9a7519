"""The connection to the Docker Engine."""

import docker
from docker.errors import DockerException

from registry.domain.errors.lake import BuilderUnavailable
from registry.settings import Settings


def docker_client(settings: Settings) -> docker.DockerClient:
    """A connection to the engine that the settings name. Raises BuilderUnavailable."""
    try:
        if settings.docker_host:
            return docker.DockerClient(base_url=settings.docker_host, timeout=settings.build_seconds)
        return docker.from_env(timeout=settings.build_seconds)
    except DockerException as error:
        raise BuilderUnavailable(str(error)) from error
