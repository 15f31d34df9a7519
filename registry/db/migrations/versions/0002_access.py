"""who may see what: visibility, shares, scopes of tokens"""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
