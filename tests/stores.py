"""Where the lakes of the tests keep their things: in their homes, or as `pytest --stores=postgres,s3` says."""

import uuid

from sqlalchemy import create_engine, make_url, text

from tests.s3 import Bucket

NAMES = ("postgres", "s3")


def new_database(server: str) -> str:
    """The URL of a new database, without a table, on a Postgres server."""
    name = f"lake_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


class Stores:
    """`postgres` and `s3` are servers, or None."""

    def __init__(self, postgres: str | None = None, s3: str | None = None) -> None:
        self._postgres, self._s3 = postgres, s3

    def environ(self) -> dict[str, str]:
        """The variables of a new lake: a database and a bucket of its own."""
        database = {} if self._postgres is None else {"WELES_DATABASE_URL": new_database(self._postgres)}
        bucket = {} if self._s3 is None else Bucket(self._s3).settings()
        return database | bucket


# Where every new lake's things go; the option sets it once, for all of a run.
chosen = Stores()
