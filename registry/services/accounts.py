"""Users, passwords and bearer tokens. A token is random; only its hash is kept."""

import hashlib
import re
import secrets
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from registry.domain.access import EVERY_SCOPE, Caller
from registry.domain.entities import TokenKind, User
from registry.domain.errors import InvalidRequest, NotFound, Unauthenticated
from registry.domain.ports import Accounts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHORTEST_PASSWORD = 8
_LOGIN_SECONDS = 30 * 24 * 3600.0
ROLES = ("admin", "member")


class AccountService:
    """Who may speak to the lake."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
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
        """A new user and a token of theirs. Raises InvalidRequest, Exists."""
        token = _random_token()
        user = self._accounts.add_user(*_checked(name, password, role), self._hasher.hash(password), _digest(token))
        return user, token

    def log_in(self, name: str, password: str) -> str:
        """A new token, good for 30 days. Raises Unauthenticated."""
        try:
            user, password_hash = self._accounts.user(name)
        except NotFound:
            user, password_hash = None, None
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerifyMismatchError, InvalidHashError) as error:
            raise Unauthenticated("The name or the password is wrong.") from error
        if user is None or password_hash is None:
            raise Unauthenticated("The name or the password is wrong.")
        token = _random_token()
        self._accounts.add_token(user.id, _digest(token), "login", TokenKind.LOGIN, EVERY_SCOPE, _LOGIN_SECONDS)
        return token

    def first_admin(self, name: str, password: str, keep: Callable[[str], None]) -> bool:
        """Make the lake's first administrator, if there is none of that name; whether there was not.

        `keep` is given the token before the user is made: a token that was lost could never be had again.
        """
        try:
            self._accounts.user(name)
        except NotFound:
            token = _random_token()
            keep(token)
            self._accounts.add_user(name, "admin", self._hasher.hash(password) if password else None, _digest(token))
            return True
        return False


def _checked(name: str, password: str, role: str) -> tuple[str, str]:
    problems = []
    if not _NAME.fullmatch(name):
        problems.append({"field": "name", "reason": "1 to 64 letters, digits, dots, dashes, underscores"})
    if len(password) < _SHORTEST_PASSWORD:
        problems.append({"field": "password", "reason": f"at least {_SHORTEST_PASSWORD} characters"})
    if role not in ROLES:
        problems.append({"field": "role", "reason": f"one of {', '.join(ROLES)}"})
    if problems:
        raise InvalidRequest("The user cannot be created like this.", problems=problems)
    return name, role


def _random_token() -> str:
    return f"weles_{secrets.token_urlsafe(32)}"


def _digest(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
