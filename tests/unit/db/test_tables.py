"""The tables that SQLAlchemy knows are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from registry.db.engine import connect, upgrade
from registry.db.tables import metadata


def test_the_migrations_make_the_tables(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_columns_with_digests_of_blobs_can_be_told_by_their_names() -> None:
    """What no such column names is freed: `registry.db.references`."""
    hashes = {"hash", "digest", "content_hash", "dataset_hash"}
    for table in metadata.tables.values():
        for column in table.columns:
            is_digest = getattr(column.type, "length", None) == 71
            named = column.name == "blob" or column.name.endswith("_blob")
            known = column.name in hashes or column.name in ("id", "environment_id", "image_id", "key") or named
            assert not is_digest or known or column.name in ("scope", "resolution_key"), (table.name, column.name)
