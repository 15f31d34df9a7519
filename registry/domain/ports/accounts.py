"""Users and their tokens."""

from typing import Protocol

from registry.domain.access import Caller, Token
from registry.domain.entities import Account, User


class Accounts(Protocol):
    def add_user(self, name: str, role: str, password_hash: str | None, token_digest: str) -> User:
        """A user and their first token, both or none. Raises Exists."""
        ...

    def user(self, name: str) -> tuple[User, str | None]:
        """The user and the hash of the password. Raises NotFound."""
        ...

    def accounts(self) -> list[Account]: ...

    def account(self, name: str) -> Account:
        """Raises NotFound."""
        ...

    def change_account(self, user_id: int, *, role: str | None, disabled: bool | None) -> None:
        """Change what is not None."""
        ...

    def set_password(self, user_id: int, password_hash: str, *, keep: str | None) -> None:
        """Ends every login of the user but the token with the digest `keep`."""
        ...

    def delete_user(self, user: User) -> None:
        """With their tokens. Raises InUse."""
        ...

    def add_token(self, user_id: int, digest: str, token: Token) -> None: ...

    def tokens(self, user_id: int) -> list[Token]:
        """Those that have not expired, newest first."""
        ...

    def revoke_token(self, user_id: int, token_id: str) -> None:
        """Raises NotFound."""
        ...

    def note_use(self, digest: str) -> None: ...

    def caller(self, digest: str) -> Caller | None:
        """Who asks by this token; None when there is no such token, it has expired, or its user is disabled."""
        ...
