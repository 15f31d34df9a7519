"""Which stored bytes the database still needs: every column that is named `blob` or `…_blob` says so."""

from collections.abc import Collection, Iterator

from sqlalchemy import Column, ColumnElement, Connection, select, true

from registry.db.tables import metadata, versions

# A column may stop needing its bytes before its row is gone.
_UNLESS: dict[str, ColumnElement[bool]] = {"versions.model_blob": versions.c.file_freed_at.is_(None)}


def referenced(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those of the digests that some row names."""
    found: set[str] = set()
    for column, needed in _columns():
        found.update(connection.execute(select(column).where(column.in_(digests), needed)).scalars())
    return found


def all_referenced(connection: Connection) -> set[str]:
    """Every digest that some row names."""
    found: set[str] = set()
    for column, needed in _columns():
        found.update(connection.execute(select(column).where(column.is_not(None), needed)).scalars())
    return found


def _columns() -> Iterator[tuple[Column[str], ColumnElement[bool]]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name == "blob" or column.name.endswith("_blob"):
                yield column, _UNLESS.get(f"{table.name}.{column.name}", true())
