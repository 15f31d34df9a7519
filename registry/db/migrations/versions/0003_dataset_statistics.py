"""what a dataset is: statistics of its columns"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added, no table is made anew: SQLite would empty the tables that refer to it.
    op.add_column("datasets", sa.Column("columns", sa.Integer(), nullable=False, server_default="0"))
    # Unknown for what was stored before: counted when somebody first asks.
    op.add_column("datasets", sa.Column("missing", sa.BigInteger(), nullable=True))
    op.add_column("datasets", sa.Column("statistics", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("datasets", sa.Column("deleted_at", sa.DateTime(), nullable=True))
    datasets = sa.table(
        "datasets", sa.column("hash", sa.String), sa.column("schema", sa.JSON), sa.column("columns", sa.Integer)
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(datasets.c.hash, datasets.c.schema)).all():
        connection.execute(sa.update(datasets).where(datasets.c.hash == row.hash).values({"columns": len(row.schema)}))


def downgrade() -> None:
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        for name in ("deleted_at", "statistics", "missing", "columns"):
            batch_op.drop_column(name)
