"""The tables that SQLAlchemy knows are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from registry.db.engine import connect, upgrade
from registry.db.tables import metadata

DIGEST_LENGTH = len("sha256:") + 64


def test_the_migrations_make_the_tables(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with engine.connect() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"include_name": _described}), metadata) == []
        )
    engine.dispose()


def test_columns_with_digests_of_blobs_can_be_told_by_their_names() -> None:
    """What no such column names is freed: `registry.db.references`."""
    other = {"digest", "hash", "content_hash", "dataset_hash", "key", "resolution_key", "id", "environment_id"}
    for table in metadata.tables.values():
        for column in table.columns:
            if getattr(column.type, "length", None) == DIGEST_LENGTH and not column.name.endswith("blob"):
                assert column.name in other | {"image_id", "scope"}, f"{table.name}.{column.name}"


def _described(name: str | None, kind: str, _parents: object) -> bool:
    # What words are looked up in is each database's own kind of table: SQLAlchemy has no word for it.
    return not (kind == "table" and (name or "").startswith("search_text"))
