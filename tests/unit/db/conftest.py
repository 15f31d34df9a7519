"""An empty database of each kind that a lake may have."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests import postgres
from tests.conftest import IN_CI


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if postgres.programs() is None:
        assert not IN_CI, "In CI a missing Postgres is a failure"
        pytest.skip("Postgres is not installed")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database, without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lake.sqlite'}"
    server, name = request.getfixturevalue("postgres_server"), f"lake_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)
