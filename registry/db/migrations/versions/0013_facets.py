"""facets in the words of the search

On Postgres the state, language, flavour and number of classes of a model are words of its tsvector, too.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FACETS = "'=state:' || state, '=language:' || language, '=flavour:' || flavour, '=classes:' || classes"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"UPDATE search_text SET vector = vector || array_to_tsvector(array_remove(ARRAY[{_FACETS}], NULL)) "
            "FROM search_models WHERE search_models.id = search_text.id"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"UPDATE search_text SET vector = ts_delete(vector, array_remove(ARRAY[{_FACETS}], NULL)) "
            "FROM search_models WHERE search_models.id = search_text.id"
        )
