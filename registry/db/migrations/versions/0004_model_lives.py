"""the life of a model: aliases, cards, content hashes, deletion"""

import hashlib
import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added, no table is made anew: SQLite would empty the tables that refer to it.
    for column in (
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("card", sa.Text(), nullable=False, server_default=""),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("models", column)
    for column in (
        sa.Column("content_hash", sa.String(length=71), nullable=False, server_default=""),
        sa.Column("task", sa.String(length=30), nullable=True),
        sa.Column("classes", sa.Integer(), nullable=True),
        sa.Column("found_tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("file_freed_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("versions", column)
    op.create_index(op.f("ix_models_deleted_at"), "models", ["deleted_at"])
    op.create_index(op.f("ix_datasets_blob"), "datasets", ["blob"])
    for name in ("content_hash", "deleted_at", "model_blob", "golden_blob", "requirements_blob"):
        op.create_index(op.f(f"ix_versions_{name}"), "versions", [name])
    op.create_table(
        "model_aliases",
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_model_aliases_model"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_model_aliases_version_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["moved_by"], ["users.id"], name=op.f("fk_model_aliases_moved_by")),
        sa.PrimaryKeyConstraint("model", "name", name=op.f("pk_model_aliases")),
    )
    op.create_index(op.f("ix_model_aliases_version_id"), "model_aliases", ["version_id"])
    op.create_table(
        "alias_moves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("alias", sa.String(length=100), nullable=False),
        sa.Column("version_before", sa.Integer(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("moved_by", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_alias_moves_model"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["moved_by"], ["users.id"], name=op.f("fk_alias_moves_moved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias_moves")),
    )
    op.create_index(op.f("ix_alias_moves_model_alias"), "alias_moves", ["model", "alias"])
    _fill()


def _fill() -> None:
    """What versions that are there already would have been given when they were uploaded."""
    models = sa.table(
        "models", sa.column("name"), sa.column("description"), sa.column("tags", sa.JSON()), sa.column("last_number")
    )
    versions = sa.table(
        "versions",
        *(sa.column(name) for name in ("id", "model", "number", "description", "target", "flavour", "format")),
        *(sa.column(name) for name in ("model_class", "language", "model_blob", "dataset_hash", "resolution_key")),
        *(sa.column(name, sa.JSON()) for name in ("inputs", "tags", "found_tags")),
        sa.column("content_hash"),
    )
    resolutions = sa.table("resolutions", sa.column("key"), sa.column("spec", sa.JSON()))
    connection = op.get_bind()
    of_model: dict[str, Any] = defaultdict(list)
    joined = versions.join(resolutions, resolutions.c.key == versions.c.resolution_key)
    for row in connection.execute(sa.select(versions, resolutions.c.spec).select_from(joined)).all():
        of_model[row.model].append(row)
        tags = [tag for tag in (row.language, row.flavour, row.model_class.rpartition(".")[2]) if tag]
        connection.execute(
            versions.update()
            .where(versions.c.id == row.id)
            .values(content_hash=_content_hash(row), found_tags=[*dict.fromkeys(tags)])
        )
    for name, rows in of_model.items():
        newest = max(rows, key=lambda row: row.number)
        connection.execute(
            models.update()
            .where(models.c.name == name)
            .values(description=newest.description, tags=newest.tags, last_number=newest.number)
        )


def _content_hash(row: Any) -> str:
    """`registry.domain.version_hash` as it was when this migration was written."""
    return _digest(
        {
            "scheme": "weles-version/1",
            "model": row.model_blob,
            "format": row.format,
            "flavour": row.flavour,
            "language": row.language,
            "environment": _digest(row.spec),
            "dataset": row.dataset_hash,
            "target": row.target,
            "inputs": row.inputs,
        }
    )


def _digest(data: Any) -> str:
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()
