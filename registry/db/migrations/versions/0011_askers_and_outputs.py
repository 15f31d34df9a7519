"""who asked for an audit; the classes of a version's probabilities"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite makes the table anew for it: no other refers to audits.
    with op.batch_alter_table("audits") as batch:
        batch.add_column(sa.Column("asked_by", sa.Integer(), nullable=True))
        batch.create_foreign_key("fk_audits_asked_by", "users", ["asked_by"], ["id"], ondelete="SET NULL")
    op.add_column("versions", sa.Column("prob_classes", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("versions", "prob_classes")
    with op.batch_alter_table("audits") as batch:
        batch.drop_constraint("fk_audits_asked_by", type_="foreignkey")
        batch.drop_column("asked_by")
