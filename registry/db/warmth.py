"""Which models are kept warm, in the database."""

from datetime import datetime

from sqlalchemy import Engine, delete, func, insert, select

from registry.db.alone import Alone, alone
from registry.db.tables import kept_warm, model_aliases, models, versions
from registry.domain.entities import State
from registry.domain.errors.state import TooManyKept
from registry.domain.warmth import Warmth, is_wanted

_PRODUCTION = "production"


class SqlWarmth:
    """The `KeptWarm` port."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def of(self, model: str) -> Warmth:
        query = select(kept_warm.c.hours).where(kept_warm.c.model == model)
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Warmth(0, None) if row is None else Warmth(1, row.hours)

    def keep(self, model: str, hours: str | None, limit: int) -> None:
        with self._writes.begin() as connection:
            alone(connection, Alone.WARMTH)
            connection.execute(delete(kept_warm).where(kept_warm.c.model == model))
            kept = connection.execute(select(func.count()).select_from(kept_warm)).scalar_one()
            if kept >= limit:
                raise TooManyKept(limit)
            connection.execute(insert(kept_warm).values(model=model, hours=hours))

    def let_go(self, model: str) -> None:
        with self._writes.begin() as connection:
            connection.execute(delete(kept_warm).where(kept_warm.c.model == model))

    def versions(self, at: datetime) -> list[str]:
        live = models.c.deleted_at.is_(None) & versions.c.deleted_at.is_(None) & (versions.c.state == State.READY)
        alias = (model_aliases.c.version_id == versions.c.id) & (model_aliases.c.name == _PRODUCTION)
        # The version in production, else the newest one that is ready.
        query = (
            select(kept_warm.c.model, kept_warm.c.hours, versions.c.id)
            .join_from(kept_warm, models, models.c.name == kept_warm.c.model)
            .join(versions, versions.c.model == models.c.name)
            .outerjoin(model_aliases, alias)
            .where(live)
            .order_by(kept_warm.c.model, model_aliases.c.name.is_(None), versions.c.number.desc())
        )
        with self._reads.connect() as connection:
            rows = connection.execute(query).all()
        first = {row.model: row for row in reversed(rows)}
        return [row.id for row in first.values() if is_wanted(row.hours, at)]
