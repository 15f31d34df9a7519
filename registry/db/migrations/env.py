"""Alembic's environment: always on a connection that `registry.db.engine.upgrade` opened."""

from typing import Any, Literal

from alembic import context

from registry.db.tables import Time, metadata


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration must not change when our own column type does: write what it is in the database."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Time) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
)
context.run_migrations()
