"""The tables of the lake's database, as SQLAlchemy Core sees them. Alembic's migrations make the same.

Columns named `blob` or `…_blob` hold digests of stored bytes, and no other column does: bytes that no such column
names are freed (`registry.db.references`).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from registry.domain.access import TokenKind, Visibility
from registry.domain.entities import now

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Time(TypeDecorator[datetime]):
    """A UTC time, aware on the Python side; SQLite keeps no zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite counts up only an INTEGER key; Postgres wants room for a long-lived log.
_LongId = BigInteger().with_variant(Integer, "sqlite")
_NAME = String(100)
_DIGEST = String(71)
_UUID = String(32)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", _NAME, unique=True, nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200)),
    Column("created_at", Time, nullable=False, default=now),
    Column("disabled_at", Time),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("label", _NAME, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("expires_at", Time),
    Column("kind", String(20), nullable=False, server_default=TokenKind.PERSONAL),
    Column("scopes", String(100), nullable=False, server_default=""),
    Column("last_used_at", Time),
)

datasets = Table(
    "datasets",
    metadata,
    Column("hash", _DIGEST, primary_key=True),
    Column("blob", _DIGEST, nullable=False, index=True),
    Column("rows", BigInteger, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("missing", BigInteger),
    Column("schema", JSON, nullable=False),
    Column("statistics", JSON(none_as_null=True)),
    Column("created_at", Time, nullable=False, default=now),
    Column("deleted_at", Time),
)

dataset_aliases = Table(
    "dataset_aliases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dataset_hash", ForeignKey(datasets.c.hash, ondelete="CASCADE"), nullable=False),
    Column("owner_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
    Column("visibility", String(20), nullable=False, server_default=Visibility.PRIVATE),
    UniqueConstraint("dataset_hash", "owner_id", "name"),
)

dataset_alias_shares = Table(
    "dataset_alias_shares",
    metadata,
    Column("alias_id", ForeignKey(dataset_aliases.c.id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, index=True),
)

environments = Table(
    "environments",
    metadata,
    Column("id", _DIGEST, primary_key=True),
    Column("lock", JSON, nullable=False),
    Column("base", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False, default=1),
    Column("image_id", _DIGEST),
    Column("image_tag", String(200)),
    Column("image_bytes", BigInteger),
    Column("installed", JSON, nullable=False, default=dict),
    Column("problem", JSON(none_as_null=True)),
    Column("created_at", Time, nullable=False, default=now),
    Column("dockerfile", Text),
    Column("image_reference", Text),
)

# Apart from `environments`: this changes while models are used.
environment_upkeep = Table(
    "environment_upkeep",
    metadata,
    Column("environment_id", ForeignKey(environments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("built_at", Time),
    Column("build_seconds", Float),
    Column("uses", BigInteger, nullable=False, default=0, server_default="0"),
    Column("used_at", Time),
    Column("pinned", Boolean, nullable=False, default=False, server_default=false()),
)

prunings = Table(
    "prunings",
    metadata,
    Column("id", _LongId, primary_key=True),
    Column("environment_id", ForeignKey(environments.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Time, nullable=False, default=now),
    Column("reason", Text, nullable=False),
    Column("freed_bytes", BigInteger, nullable=False),
    Column("build_seconds", Float),
    # Names, not keys: history outlives the models.
    Column("models", JSON, nullable=False),
)

resolutions = Table(
    "resolutions",
    metadata,
    Column("key", _DIGEST, primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("base", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False, default=1),
    Column("environment_id", ForeignKey(environments.c.id)),
    Column("repairs", JSON, nullable=False, default=list),
    Column("problem", JSON(none_as_null=True)),
    Column("created_at", Time, nullable=False, default=now),
)

models = Table(
    "models",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("owner_id", ForeignKey(users.c.id), nullable=False, index=True),
    # An upload's, until they are edited: then they stay as they were edited.
    Column("description", Text, nullable=False, default="", server_default=""),
    Column("tags", JSON, nullable=False, default=list, server_default="[]"),
    Column("card", Text, nullable=False, default="", server_default=""),
    Column("edited_at", Time),
    # A number is never given twice, not even when the version that had it is gone.
    Column("last_number", Integer, nullable=False, default=0, server_default="0"),
    Column("deleted_at", Time, index=True),
    Column("created_at", Time, nullable=False, default=now),
    Column("visibility", String(20), nullable=False, server_default=Visibility.PRIVATE),
)

kept_warm = Table(
    "kept_warm",
    metadata,
    Column("model", ForeignKey(models.c.name, ondelete="CASCADE"), primary_key=True),
    Column("hours", String(11)),
)

model_shares = Table(
    "model_shares",
    metadata,
    Column("model", ForeignKey(models.c.name, ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, index=True),
)

versions = Table(
    "versions",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("model", ForeignKey(models.c.name), nullable=False),
    Column("number", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("target", String(500), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("flavour", String(50), nullable=False),
    Column("format", String(50), nullable=False),
    Column("model_class", String(500), nullable=False),
    Column("language", String(20), nullable=False),
    Column("language_version", String(50), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("outputs", JSON, nullable=False, default=list),
    Column("content_hash", _DIGEST, nullable=False, index=True, server_default=""),
    Column("task", String(30)),
    Column("classes", Integer),
    Column("found_tags", JSON, nullable=False, default=list, server_default="[]"),
    Column("model_blob", _DIGEST, nullable=False, index=True),
    Column("model_bytes", BigInteger, nullable=False),
    # When set, the version no longer needs its `model_blob`.
    Column("file_freed_at", Time),
    Column("golden_blob", _DIGEST, index=True),
    Column("requirements_blob", _DIGEST, nullable=False, index=True),
    Column("dataset_hash", ForeignKey(datasets.c.hash), index=True),
    Column("dataset_name", String(200), nullable=False),
    Column("resolution_key", ForeignKey(resolutions.c.key), nullable=False, index=True),
    Column("environment_id", ForeignKey(environments.c.id), index=True),
    Column("image_id", _DIGEST),
    Column("together", Boolean),
    Column("prob_classes", JSON(none_as_null=True)),
    Column("state", String(20), nullable=False),
    Column("problem", JSON(none_as_null=True)),
    Column("notes", JSON, nullable=False, default=list),
    Column("system", JSON, nullable=False, default=dict),
    Column("created_at", Time, nullable=False, default=now),
    Column("deleted_at", Time, index=True),
    UniqueConstraint("model", "number"),
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("model", ForeignKey(models.c.name, ondelete="CASCADE"), primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("version_id", ForeignKey(versions.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("moved_by", ForeignKey(users.c.id), nullable=False),
    Column("moved_at", Time, nullable=False, default=now),
)

alias_moves = Table(
    "alias_moves",
    metadata,
    Column("id", _LongId, primary_key=True),
    Column("model", ForeignKey(models.c.name, ondelete="CASCADE"), nullable=False),
    Column("alias", _NAME, nullable=False),
    # Numbers, not keys: history outlives the versions. None: the alias was not there, or is no more.
    Column("version_before", Integer),
    Column("version_after", Integer),
    Column("moved_by", ForeignKey(users.c.id), nullable=False),
    Column("moved_at", Time, nullable=False, default=now),
    Index(None, "model", "alias"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("version_id", ForeignKey(versions.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("owner_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("state", String(20), nullable=False, index=True),
    Column("phase", String(20), nullable=False),
    Column("percent", Float, nullable=False, default=0.0),
    Column("detail", Text, nullable=False, default=""),
    Column("request", JSON, nullable=False, default=dict),
    Column("result", JSON(none_as_null=True)),
    Column("problem", JSON(none_as_null=True)),
    Column("created_at", Time, nullable=False, default=now),
    Column("updated_at", Time, nullable=False, default=now),
)

audits = Table(
    "audits",
    metadata,
    Column("id", _LongId, primary_key=True),
    Column("version_id", ForeignKey(versions.c.id, ondelete="CASCADE"), nullable=False),
    Column("dataset_hash", ForeignKey(datasets.c.hash, ondelete="CASCADE"), nullable=False, index=True),
    Column("target", String(1024), nullable=False),
    Column("measure", String(30), nullable=False),
    Column("value", Float),
    Column("rows", BigInteger, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("created_at", Time, nullable=False, default=now),
    Column("asked_by", ForeignKey(users.c.id, ondelete="SET NULL")),
    UniqueConstraint("version_id", "dataset_hash", "target", "measure"),
)

explanations = Table(
    "explanations",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("version_id", ForeignKey(versions.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("owner_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("request", JSON, nullable=False),
    Column("data", JSON, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
)

explanation_plots = Table(
    "explanation_plots",
    metadata,
    Column("explanation_id", ForeignKey(explanations.c.id, ondelete="CASCADE"), primary_key=True),
    Column("media_type", String(100), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# What the browser draws plots with: kept once, not in each of them.
plot_scripts = Table(
    "plot_scripts",
    metadata,
    Column("version", String(50), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Time, nullable=False, default=now),
)

log_lines = Table(
    "log_lines",
    metadata,
    Column("id", _LongId, primary_key=True),
    Column("scope", _DIGEST, nullable=False),
    Column("at", Time, nullable=False, default=now),
    Column("text", Text, nullable=False),
    Index(None, "scope", "id"),
)

# One row per model that can be found: what `registry.db.search_index` makes of the tables above.
search_models = Table(
    "search_models",
    metadata,
    Column("id", Integer, primary_key=True),
    # Sorted by code point on every database.
    Column("model", _NAME.with_variant(String(100, collation="C"), "postgresql"), unique=True, nullable=False),
    Column("version_id", _UUID, nullable=False),
    Column("owner_id", Integer, nullable=False, index=True),
    Column("visibility", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("language", String(20), nullable=False),
    # `registry.domain.ranges.version_key`: numbers that sort as versions do.
    Column("language_key", BigInteger),
    Column("flavour", String(50), nullable=False),
    Column("rows", BigInteger),
    Column("columns", Integer),
    Column("missing", BigInteger),
    Column("classes", Integer),
    Column("created_at", Time, nullable=False, index=True),
    sqlite_autoincrement=True,
)

search_tags = Table(
    "search_tags",
    metadata,
    Column("tag", _NAME, primary_key=True),
    Column("id", ForeignKey(search_models.c.id, ondelete="CASCADE"), primary_key=True, index=True),
)

# Models that the transaction at hand has changed, noted by triggers; empty when it commits.
search_stale = Table(
    "search_stale",
    metadata,
    Column("id", _LongId, primary_key=True),
    Column("model", _NAME, nullable=False),
)
