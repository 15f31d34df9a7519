"""The whole database as one SQLite file, consistent while others write; and a database made of such a file.

The file has the lake's own tables, whatever database they came from: a lake can move from SQLite to Postgres and back.
What can be made again from the rest (the search index) is made again.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, select, text

from registry.db.engine import connect, upgrade
from registry.db.references import all_referenced
from registry.db.tables import environments, metadata, versions

_ROWS = 1000
_DERIVED = ("search_models", "search_tags", "search_stale")


class NotEmpty(Exception):
    """There are users in the database already: nothing is put over them."""


def take(engine: Engine, target: Path) -> None:
    """Write the database to a new file. Raises OSError, and what the database raises."""
    target.unlink(missing_ok=True)
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine.url.database))) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        return
    with _file(target) as copied:
        upgrade(copied)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as source:
            _copy_rows(source, copied)
    with closing(sqlite3.connect(target)) as file:
        file.execute("PRAGMA journal_mode=DELETE")


def put(source: Path, engine: Engine) -> None:
    """Fill a database that is empty, or not there, with what `take` wrote. Raises NotEmpty."""
    if engine.dialect.name == "sqlite":
        database = Path(str(engine.url.database))
        if database.exists():
            raise NotEmpty(str(database))
        beside = database.with_name(f"{database.name}.restored")
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(beside)) as copy:
            original.backup(copy)
        beside.chmod(0o600)
        beside.rename(database)
        upgrade(engine)
        return
    upgrade(engine)
    with engine.connect() as connection:
        if connection.execute(select(func.count()).select_from(metadata.tables["users"])).scalar_one():
            raise NotEmpty(engine.url.render_as_string())
    with TemporaryDirectory() as folder:
        # What was taken stays as it is, however old its tables are.
        copy_of_it = shutil.copyfile(source, Path(folder) / "copy.sqlite")
        with _file(copy_of_it) as copied:
            upgrade(copied)
            with copied.connect() as connection:
                _copy_rows(connection, engine)


def used_bases(source: Path) -> dict[str, str]:
    """Id → name of the base images of environments that a version needs."""
    needed = select(environments.c.base).where(environments.c.id.in_(select(versions.c.environment_id)))
    with _read(source) as connection:
        return {base["image_id"]: base["image"] for base in connection.execute(needed).scalars()}


def referenced(source: Path) -> set[str]:
    """The digests of all stored bytes that a snapshot needs."""
    with _read(source) as connection:
        return all_referenced(connection)


def _copy_rows(source: Connection, target: Engine) -> None:
    with target.execution_options(writes=True).begin() as connection:
        for table in metadata.sorted_tables:
            if table.name in _DERIVED:
                continue
            rows = source.execution_options(yield_per=_ROWS).execute(select(table))
            for part in rows.partitions():
                connection.execute(insert(table), [dict(row._mapping) for row in part])
            _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    """Postgres counts keys by itself: from the last one that was put there on."""
    key = table.autoincrement_column
    if connection.dialect.name != "postgresql" or key is None:
        return
    last = connection.execute(select(func.max(key))).scalar_one()
    if last is not None:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(sequence, {"table": table.name, "column": key.name, "last": last})


@contextmanager
def _file(path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _read(path: Path) -> Iterator[Connection]:
    """Without changing a byte of it."""
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
