"""the Dockerfile of every environment, exactly as it is built"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("environments", sa.Column("dockerfile", sa.Text(), nullable=True))
