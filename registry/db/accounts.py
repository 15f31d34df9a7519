"""Users and tokens in the database."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from registry.db.tables import tokens, users
from registry.domain.access import EVERY_SCOPE, Caller, Scope
from registry.domain.entities import TokenKind, User, now
from registry.domain.errors import Exists, NotFound

_USER = (users.c.id, users.c.name, users.c.role)


class SqlAccounts:
    """The `Accounts` port. Passwords and tokens come hashed already."""

    def __init__(self, engine: Engine) -> None:
        self._reads = engine
        self._writes = engine.execution_options(writes=True)

    def add_user(self, name: str, role: str, password_hash: str | None, token_digest: str) -> User:
        try:
            with self._writes.begin() as connection:
                row = connection.execute(
                    insert(users).values(name=name, role=role, password_hash=password_hash).returning(*_USER)
                ).one()
                first = {"label": "first", "kind": TokenKind.PERSONAL, "scopes": _written(EVERY_SCOPE)}
                connection.execute(insert(tokens).values(digest=token_digest, user_id=row.id, **first))
        except IntegrityError as error:
            raise Exists("user", name) from error
        return User(**row._mapping)

    def user(self, name: str) -> tuple[User, str | None]:
        with self._reads.connect() as connection:
            row = connection.execute(select(*_USER, users.c.password_hash).where(users.c.name == name)).one_or_none()
        if row is None:
            raise NotFound("user", name)
        return User(row.id, row.name, row.role), row.password_hash

    def add_token(
        self, user_id: int, digest: str, label: str, kind: TokenKind, scopes: Collection[Scope], seconds: float | None
    ) -> None:
        expires = None if seconds is None else now() + timedelta(seconds=seconds)
        values = {"digest": digest, "user_id": user_id, "label": label, "kind": kind, "scopes": _written(scopes)}
        with self._writes.begin() as connection:
            connection.execute(insert(tokens).values(**values, expires_at=expires))

    def caller(self, digest: str) -> Caller | None:
        query = (
            select(*_USER, tokens.c.scopes, tokens.c.expires_at)
            .join_from(tokens, users)
            .where(tokens.c.digest == digest, users.c.disabled_at.is_(None))
        )
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or (row.expires_at is not None and row.expires_at <= now()):
            return None
        return Caller(User(row.id, row.name, row.role), _read(row.scopes), digest)


def _written(scopes: Collection[Scope]) -> str:
    return " ".join(sorted(scopes))


def _read(scopes: str) -> frozenset[Scope]:
    return frozenset(map(Scope, scopes.split()))
