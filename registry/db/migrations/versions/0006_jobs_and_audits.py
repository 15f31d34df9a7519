"""jobs of every kind, and audits"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("request", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("result", sa.JSON(none_as_null=True), nullable=True))
    # Until now every job prepared a version, for the owner of its model.
    op.execute(
        "UPDATE jobs SET owner_id = (SELECT models.owner_id FROM versions JOIN models ON models.name = versions.model "
        "WHERE versions.id = jobs.version_id)"
    )
    with op.batch_alter_table("jobs") as batch:
        batch.alter_column("owner_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key("fk_jobs_owner_id", "users", ["owner_id"], ["id"])
        batch.create_index("ix_jobs_owner_id", ["owner_id"])
    op.create_table(
        "audits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("dataset_hash", sa.String(71), nullable=False),
        sa.Column("target", sa.String(1024), nullable=False),
        sa.Column("measure", sa.String(30), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_audits_version_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dataset_hash"], ["datasets.hash"], name="fk_audits_dataset_hash", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sa.UniqueConstraint(
            "version_id", "dataset_hash", "target", "measure", name="uq_audits_version_id_dataset_hash_target_measure"
        ),
    )
    op.create_index("ix_audits_dataset_hash", "audits", ["dataset_hash"])
    op.create_table(
        "explanations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_explanations_version_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_explanations_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_explanations"),
    )
    op.create_index("ix_explanations_version_id", "explanations", ["version_id"])
    op.create_index("ix_explanations_owner_id", "explanations", ["owner_id"])
    op.create_table(
        "explanation_plots",
        sa.Column("explanation_id", sa.String(32), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["explanation_id"], ["explanations.id"], name="fk_explanation_plots_explanation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("explanation_id", "media_type", name="pk_explanation_plots"),
    )
    op.create_table(
        "plot_scripts",
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_plot_scripts"),
    )
