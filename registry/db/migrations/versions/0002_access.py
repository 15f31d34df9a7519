"""who may see what: visibility, shares, scopes of tokens

What a lake of before holds was everybody's, and its tokens were good for everything: both stay so.
Columns are added, never tables made anew: SQLite would empty what refers to a table that is dropped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("models", "dataset_aliases"):
        op.add_column(name, sa.Column("visibility", sa.String(20), nullable=False, server_default="private"))
        op.execute(sa.table(name, sa.column("visibility")).update().values(visibility="public"))
    op.create_index(op.f("ix_dataset_aliases_owner_id"), "dataset_aliases", ["owner_id"])

    op.add_column("users", sa.Column("disabled_at", sa.DateTime()))
    op.add_column("tokens", sa.Column("kind", sa.String(20), nullable=False, server_default="personal"))
    op.add_column("tokens", sa.Column("scopes", sa.String(100), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("last_used_at", sa.DateTime()))
    op.execute("UPDATE tokens SET scopes = 'admin predict read write'")
    op.execute("UPDATE tokens SET kind = 'login' WHERE label = 'login'")

    _create_shares("model_shares", sa.Column("model", sa.String(100), nullable=False), "models.name")
    _create_shares("dataset_alias_shares", sa.Column("alias_id", sa.Integer(), nullable=False), "dataset_aliases.id")


def _create_shares(table: str, of: sa.Column[object], key: str) -> None:
    op.create_table(
        table,
        of,
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([of.name], [key], name=op.f(f"fk_{table}_{of.name}"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(of.name, "user_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])
