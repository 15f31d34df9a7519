"""where a registry has an environment's image"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("environments", sa.Column("image_reference", sa.Text(), nullable=True))
