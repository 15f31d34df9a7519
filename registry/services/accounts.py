"""Users, passwords and bearer tokens. A token is random; only its hash is kept."""

import hashlib
import math
import re
import secrets
import time
from collections.abc import Callable, Collection
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from registry.domain.access import EVERY_SCOPE, Caller, Scope, Token, TokenKind
from registry.domain.entities import Account, User, now
from registry.domain.errors.access import Forbidden, Unauthenticated
from registry.domain.errors.invalid import InvalidRequest
from registry.domain.errors.state import NotFound
from registry.domain.ports.accounts import Accounts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# `/users/me` is whoever asks.
_RESERVED = {"me"}
_SHORTEST_PASSWORD = 8
_NOTE_SECONDS = 600.0
_LOGIN_TIME = timedelta(days=30)
ROLES = ("admin", "member")


class AccountService:
    """Who may speak to the lake."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._noted: dict[str, float] = {}
        self._hasher = PasswordHasher()
        # Compared when there is no such user, so that the time taken does not tell which names exist.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def authenticate(self, token: str) -> Caller:
        """Who asks by this token, and what it is good for. Raises Unauthenticated."""
        caller = self._accounts.caller(_digest(token))
        if caller is None:
            raise Unauthenticated
        return caller

    def create_user(self, name: str, password: str, role: str = "member") -> tuple[User, str]:
        """A new user and a token of theirs that does not expire. Raises InvalidRequest, Exists."""
        token = _random_token()
        user = self._accounts.add_user(*_checked(name, password, role), self._hasher.hash(password), _digest(token))
        return user, token

    def log_in(self, name: str, password: str) -> str:
        """A new token, good for 30 days and for everything. Raises Unauthenticated."""
        user = self._verified(name, password)
        token, made = _new_token("login", TokenKind.LOGIN, EVERY_SCOPE, _LOGIN_TIME)
        self._accounts.add_token(user.id, _digest(token), made)
        return token

    def create_token(
        self, by: Caller, label: str, scopes: Collection[Scope], lifetime: timedelta | None
    ) -> tuple[str, Token]:
        """A new token (shown this once) for a purpose, good for no more than the one that it is asked with.

        Raises Forbidden.
        """
        beyond = sorted(set(scopes) - by.scopes)
        if beyond:
            raise Forbidden(
                f"A token cannot make one that is good for more than itself: {', '.join(beyond)}.",
                next="Log in, and make it with the token of the login.",
            )
        return self.token_for(by.user, label, scopes, lifetime)

    def token_for(
        self, user: User, label: str, scopes: Collection[Scope], lifetime: timedelta | None
    ) -> tuple[str, Token]:
        """A new token of the user's, by the will of the operator of the machine."""
        token, made = _new_token(label, TokenKind.PERSONAL, scopes, lifetime)
        self._accounts.add_token(user.id, _digest(token), made)
        return token, made

    def tokens(self, user: User) -> list[Token]:
        """Their tokens, newest first; those that have expired are gone."""
        return self._accounts.tokens(user.id)

    def revoke_token(self, user: User, token_id: str) -> None:
        """Raises NotFound."""
        self._accounts.revoke_token(user.id, token_id)

    def change_password(self, by: Caller, old: str, new: str) -> None:
        """Give oneself a new password; every other login ends. Raises Unauthenticated, InvalidRequest."""
        _require_password(new)
        self._verified(by.user.name, old)
        self._accounts.set_password(by.user.id, self._hasher.hash(new), keep=by.token)

    def user(self, name: str) -> User:
        """Raises NotFound."""
        return self._accounts.user(name)[0]

    def accounts(self) -> list[Account]:
        """Every user, in the order of their names."""
        return self._accounts.accounts()

    def account(self, name: str) -> Account:
        """Raises NotFound."""
        return self._accounts.account(name)

    def change_account(
        self,
        by: User | None,
        name: str,
        *,
        role: str | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> Account:
        """Change what is given; a new password ends every login. `by` is None for the operator of the machine.

        A disabled user's tokens are good for nothing until they are enabled again. Raises NotFound, InvalidRequest.
        """
        user, _ = self._accounts.user(name)
        if role is not None or disabled is not None:
            _require_another(by, user)
        if password is not None:
            _require_password(password)
            self._accounts.set_password(user.id, self._hasher.hash(password), keep=None)
        self._accounts.change_account(user.id, role=role, disabled=disabled)
        return self._accounts.account(name)

    def delete_user(self, by: User | None, name: str) -> None:
        """Raises NotFound, InvalidRequest, and InUse for a user to whom something in the lake still belongs."""
        user, _ = self._accounts.user(name)
        _require_another(by, user)
        self._accounts.delete_user(user)

    def note_use(self, caller: Caller) -> None:
        """Keep when the token was last used, to within ten minutes: most uses cost no write."""
        at = time.monotonic()
        if at - self._noted.get(caller.token, -math.inf) > _NOTE_SECONDS:
            self._noted[caller.token] = at
            self._accounts.note_use(caller.token)

    def first_admin(self, name: str, password: str, keep: Callable[[str], None]) -> bool:
        """Make the lake's first administrator, if there is none, nor anybody of that name; whether it was made.

        `keep` is given the token before the user is made: a token that was lost could never be had again.
        """
        if any(each.role == "admin" or each.name == name for each in self._accounts.accounts()):
            return False
        token = _random_token()
        keep(token)
        self._accounts.add_user(name, "admin", self._hasher.hash(password) if password else None, _digest(token))
        return True

    def _verified(self, name: str, password: str) -> User:
        try:
            user, password_hash = self._accounts.user(name)
        except NotFound:
            user, password_hash = None, None
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerifyMismatchError, InvalidHashError) as error:
            raise Unauthenticated("The name or the password is wrong.") from error
        if user is None or password_hash is None or self._accounts.account(user.name).disabled_at is not None:
            raise Unauthenticated("The name or the password is wrong.")
        return user


def _checked(name: str, password: str, role: str) -> tuple[str, str]:
    problems = []
    if not _NAME.fullmatch(name):
        problems.append({"field": "name", "reason": "1 to 64 letters, digits, dots, dashes, underscores"})
    if name in _RESERVED:
        problems.append({"field": "name", "reason": "this name means whoever asks"})
    if len(password) < _SHORTEST_PASSWORD:
        problems.append({"field": "password", "reason": f"at least {_SHORTEST_PASSWORD} characters"})
    if role not in ROLES:
        problems.append({"field": "role", "reason": f"one of {', '.join(ROLES)}"})
    if problems:
        raise InvalidRequest("The user cannot be created like this.", problems=problems)
    return name, role


def _require_password(password: str) -> None:
    if len(password) < _SHORTEST_PASSWORD:
        problem = {"field": "password", "reason": f"at least {_SHORTEST_PASSWORD} characters"}
        raise InvalidRequest("The password is too short.", problems=[problem])


def _require_another(by: User | None, user: User) -> None:
    """So that a lake keeps an administrator."""
    if by is not None and by.id == user.id:
        raise InvalidRequest(
            "Nobody may disable, delete, or change the role of, themselves.", next="Ask another administrator."
        )


def _new_token(label: str, kind: TokenKind, scopes: Collection[Scope], lifetime: timedelta | None) -> tuple[str, Token]:
    token, at = _random_token(), now()
    expires = None if lifetime is None else at + lifetime
    return token, Token(Token.id_of(_digest(token)), label, kind, tuple(sorted(set(scopes))), at, expires, None)


def _random_token() -> str:
    return f"weles_{secrets.token_urlsafe(32)}"


def _digest(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
