"""models that are kept warm"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_warm",
        sa.Column("model", sa.String(100), sa.ForeignKey("models.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("hours", sa.String(11), nullable=True),
    )
