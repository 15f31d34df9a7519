"""the search index

One row per model in `search_models`, its tags in `search_tags`, its text in `search_text` (FTS5 on SQLite, tsvector on
Postgres). Triggers note in `search_stale` which models a transaction has changed; `registry.db.search_index` makes
their rows anew before it commits. Models that are there already are noted here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MODEL_OF = {"models": "name", "versions": "model"}


def upgrade() -> None:
    op.create_table(
        "search_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "model",
            sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("language_key", sa.BigInteger(), nullable=True),
        sa.Column("flavour", sa.String(length=50), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("columns", sa.Integer(), nullable=True),
        sa.Column("missing", sa.BigInteger(), nullable=True),
        sa.Column("classes", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_models")),
        sa.UniqueConstraint("model", name=op.f("uq_search_models_model")),
        sqlite_autoincrement=True,
    )
    for name in ("owner_id", "created_at"):
        op.create_index(op.f(f"ix_search_models_{name}"), "search_models", [name])
    op.create_table(
        "search_tags",
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["search_models.id"], name=op.f("fk_search_tags_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag", "id", name=op.f("pk_search_tags")),
    )
    op.create_index(op.f("ix_search_tags_id"), "search_tags", ["id"])
    op.create_table(
        "search_stale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_stale")),
    )
    op.create_index(op.f("ix_versions_dataset_hash"), "versions", ["dataset_hash"])
    for statement in _POSTGRES if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
    op.execute("INSERT INTO search_stale (model) SELECT name FROM models")


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in ("models", "versions", "datasets"):
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS search_{table}_{event}" + (f" ON {table}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION IF EXISTS search_{table}_changed")
    for table in ("search_text", "search_tags", "search_stale", "search_models"):
        op.execute(f"DROP TABLE {table}")
    op.drop_index(op.f("ix_versions_dataset_hash"), "versions")


_OF_DATASET = "INSERT INTO search_stale (model) SELECT DISTINCT model FROM versions WHERE dataset_hash = NEW.hash"

# The names in these are of the tables above.
_SQLITE = [
    "CREATE VIRTUAL TABLE search_text USING fts5(name, tags, description, card, "
    "tokenize = \"unicode61 remove_diacritics 0\", prefix = '3 4 5')",
    *(
        f"CREATE TRIGGER search_{table}_{event} AFTER {event.upper()} ON {table} "
        f"BEGIN INSERT INTO search_stale (model) VALUES ({row}.{name}); END"
        for table, name in _MODEL_OF.items()
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
    ),
    f"CREATE TRIGGER search_datasets_update AFTER UPDATE ON datasets BEGIN {_OF_DATASET}; END",
]

_POSTGRES = [
    "CREATE TABLE search_text (id INTEGER PRIMARY KEY REFERENCES search_models (id) ON DELETE CASCADE, "
    "vector TSVECTOR NOT NULL)",
    "CREATE INDEX ix_search_text_vector ON search_text USING gin (vector)",
    *(
        f"CREATE FUNCTION search_{table}_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO search_stale (model) VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.{name} ELSE NEW.{name} END); "
        "RETURN NULL; END $$"
        for table, name in _MODEL_OF.items()
    ),
    f"CREATE FUNCTION search_datasets_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_OF_DATASET}; "
    "RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER search_{table}_{event} AFTER {event.upper()} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION search_{table}_changed()"
        for table, events in {
            **dict.fromkeys(_MODEL_OF, ("insert", "update", "delete")),
            "datasets": ("update",),
        }.items()
        for event in events
    ),
]
