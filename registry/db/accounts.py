"""Users and tokens in the database."""

import re
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from registry.db.tables import tokens, users
from registry.domain.access import EVERY_SCOPE, Caller, Scope, Token, TokenKind
from registry.domain.entities import Account, User, now
from registry.domain.errors.state import Exists, InUse, NotFound

_USER = (users.c.id, users.c.name, users.c.role)
_ACCOUNT = (users.c.name, users.c.role, users.c.created_at, users.c.disabled_at)
_TOKEN_ID = re.compile(rf"[0-9a-f]{{{Token.ID_DIGITS}}}")


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

    def accounts(self) -> list[Account]:
        with self._reads.connect() as connection:
            return [Account(**row._mapping) for row in connection.execute(select(*_ACCOUNT).order_by(users.c.name))]

    def account(self, name: str) -> Account:
        with self._reads.connect() as connection:
            row = connection.execute(select(*_ACCOUNT).where(users.c.name == name)).one_or_none()
        if row is None:
            raise NotFound("user", name)
        return Account(**row._mapping)

    def change_account(self, user_id: int, *, role: str | None, disabled: bool | None) -> None:
        values: dict[str, object] = {} if role is None else {"role": role}
        if disabled is not None:
            values["disabled_at"] = now() if disabled else None
        if values:
            with self._writes.begin() as connection:
                connection.execute(update(users).where(users.c.id == user_id).values(**values))

    def set_password(self, user_id: int, password_hash: str, *, keep: str | None) -> None:
        logins = delete(tokens).where(tokens.c.user_id == user_id, tokens.c.kind == TokenKind.LOGIN)
        with self._writes.begin() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
            connection.execute(logins if keep is None else logins.where(tokens.c.digest != keep))

    def delete_user(self, user: User) -> None:
        try:
            with self._writes.begin() as connection:
                connection.execute(delete(users).where(users.c.id == user.id))
        except IntegrityError as error:
            raise InUse(
                f"Models or datasets of the lake belong to {user.name!r}.",
                next="Delete what belongs to them first, or disable the user.",
            ) from error

    def add_token(self, user_id: int, digest: str, token: Token) -> None:
        values = {"label": token.label, "kind": token.kind, "scopes": _written(token.scopes)}
        times = {"created_at": token.created_at, "expires_at": token.expires_at}
        with self._writes.begin() as connection:
            connection.execute(insert(tokens).values(digest=digest, user_id=user_id, **values, **times))

    def tokens(self, user_id: int) -> list[Token]:
        query = select(tokens).where(tokens.c.user_id == user_id, _alive(now())).order_by(tokens.c.created_at.desc())
        with self._reads.connect() as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke_token(self, user_id: int, token_id: str) -> None:
        # Only hex digits: nothing in it can be a wildcard of LIKE.
        if _TOKEN_ID.fullmatch(token_id):
            named = delete(tokens).where(tokens.c.user_id == user_id, tokens.c.digest.like(f"sha256:{token_id}%"))
            with self._writes.begin() as connection:
                if connection.execute(named).rowcount:
                    return
        raise NotFound("token", token_id)

    def note_use(self, digest: str) -> None:
        with self._writes.begin() as connection:
            connection.execute(update(tokens).where(tokens.c.digest == digest).values(last_used_at=now()))

    def caller(self, digest: str) -> Caller | None:
        query = (
            select(*_USER, tokens.c.scopes)
            .join_from(tokens, users)
            .where(tokens.c.digest == digest, users.c.disabled_at.is_(None), _alive(now()))
        )
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Caller(User(row.id, row.name, row.role), _read(row.scopes), digest)


def _alive(at: datetime) -> ColumnElement[bool]:
    return or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > at)


def _token(row: Row[*tuple[object, ...]]) -> Token:
    values = dict(row._mapping)
    return Token(
        id=Token.id_of(values["digest"]),
        label=values["label"],
        kind=TokenKind(values["kind"]),
        scopes=tuple(sorted(_read(values["scopes"]))),
        created_at=values["created_at"],
        expires_at=values["expires_at"],
        last_used_at=values["last_used_at"],
    )


def _written(scopes: Collection[Scope]) -> str:
    return " ".join(sorted(scopes))


def _read(scopes: str) -> frozenset[Scope]:
    return frozenset(map(Scope, scopes.split()))
