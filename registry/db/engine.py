"""The connection to the database, and bringing its tables up to date."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event

from registry.db import search_index
from registry.db.alone import Alone, alone


def connect(url: str) -> Engine:
    """An engine for `url`; SQLite is set so that web and worker can share one file."""
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True)
        search_index.keep_fresh(engine)
        return engine
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin in `_begin`, not when the driver thinks best
        connection.execute("PRAGMA journal_mode=WAL")
        # What was answered with 202 must still be there after a power cut: WAL's usual NORMAL does not promise that.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # Two that read and then write must wait for each other, not fail: a writer says so from the start.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    search_index.keep_fresh(engine)
    return engine


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """(the migration that the tables are at, the newest one)."""
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    return now, ScriptDirectory.from_config(_config()).get_current_head()


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest migration; several processes may call it at once on Postgres and SQLite.

    Tables of a newer version of the lake are left as they are: migrations only add, so a rollback can work on them.
    """
    config = _config()
    with engine.execution_options(writes=True).begin() as connection:
        alone(connection, Alone.UPGRADE)
        config.attributes["connection"] = connection
        known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
        if set(MigrationContext.configure(connection).get_current_heads()) <= known:
            command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config
