"""Explanations and their plots in the database."""

from collections.abc import Mapping

from sqlalchemy import Engine, Row, Select, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from registry.db.tables import explanation_plots, explanations, plot_scripts, users, versions
from registry.domain.entities import Explanation
from registry.domain.errors.state import NotFound
from registry.domain.text import storable


class SqlExplanations:
    """The `Explanations` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def add(self, explanation: Explanation, plots: Mapping[str, bytes]) -> None:
        values = {
            "id": explanation.id,
            "version_id": explanation.version_id,
            "owner_id": explanation.owner_id,
            "request": storable(explanation.request),
            "data": storable(explanation.data),
            "created_at": explanation.created_at,
        }
        with self._writes.begin() as connection:
            new = self._insert(explanations).values(values).on_conflict_do_nothing().returning(explanations.c.id)
            if connection.execute(new).one_or_none() is not None and plots:
                connection.execute(
                    insert(explanation_plots),
                    [
                        {"explanation_id": explanation.id, "media_type": media_type, "content": content}
                        for media_type, content in plots.items()
                    ],
                )

    def get(self, explanation_id: str) -> Explanation:
        with self._reads.connect() as connection:
            row = connection.execute(_select().where(explanations.c.id == explanation_id)).one_or_none()
        if row is None:
            raise NotFound("explanation", explanation_id, next="An explanation is there when its job has succeeded.")
        return _explanation(row)

    def of_version(self, version_id: str, owner_id: int) -> list[Explanation]:
        query = (
            _select()
            .where(explanations.c.version_id == version_id, explanations.c.owner_id == owner_id)
            .order_by(explanations.c.created_at.desc())
        )
        with self._reads.connect() as connection:
            return [_explanation(row) for row in connection.execute(query)]

    def plot(self, explanation_id: str, media_type: str) -> bytes:
        query = select(explanation_plots.c.content).where(
            explanation_plots.c.explanation_id == explanation_id, explanation_plots.c.media_type == media_type
        )
        with self._reads.connect() as connection:
            content = connection.execute(query).scalar_one_or_none()
        if content is None:
            raise NotFound("plot", f"{explanation_id} as {media_type}")
        return bytes(content)

    def plot_script(self, version: str | None = None) -> bytes | None:
        query = select(plot_scripts.c.content).order_by(plot_scripts.c.created_at.desc()).limit(1)
        if version is not None:
            query = query.where(plot_scripts.c.version == version)
        with self._reads.connect() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else bytes(content)

    def add_plot_script(self, version: str, content: bytes) -> None:
        with self._writes.begin() as connection:
            connection.execute(
                self._insert(plot_scripts).values(version=version, content=content).on_conflict_do_nothing()
            )


def _select() -> Select[*tuple[object, ...]]:
    return (
        select(explanations, users.c.name.label("owner"), versions.c.model, versions.c.number.label("version"))
        .join(versions, versions.c.id == explanations.c.version_id)
        .join(users, users.c.id == explanations.c.owner_id)
    )


def _explanation(row: Row[*tuple[object, ...]]) -> Explanation:
    return Explanation(**row._mapping)
