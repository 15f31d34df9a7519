"""What commands need of the lake at hand: its database, its engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from registry import home as homes
from registry.db.engine import connect
from registry.db.upkeep import SqlUpkeep
from registry.services.pruning import PruningService
from registry.settings import Settings
from registry.terminal import fail, told

if TYPE_CHECKING:
    from docker import DockerClient


def docker_of(settings: Settings) -> "DockerClient":
    """The engine, or the end of the command."""
    from registry.domain.errors.lake import BuilderUnavailable
    from registry.runners.engine import docker_client

    try:
        client = docker_client(settings)
        client.ping()
    except Exception as error:
        reason = error.detail if isinstance(error, BuilderUnavailable) else str(error)
        fail(f"The Docker Engine cannot be reached: {reason}\nStart it, or name another one with DOCKER_HOST.")
    return client


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The lake's database; what goes wrong in the block ends the command."""
    engine = connect(settings.database)
    try:
        with told():
            yield engine
    finally:
        engine.dispose()


@contextmanager
def pruning(settings: Settings) -> Iterator[tuple[PruningService, SqlUpkeep]]:
    from builders.docker_images import DockerImages

    client = docker_of(settings)
    with database(settings) as engine:
        records = SqlUpkeep(engine)
        yield PruningService(DockerImages(client, homes.prepare(settings)), records), records
