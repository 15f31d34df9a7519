"""Users of the lake."""

from __future__ import annotations

from dataclasses import dataclass, field

from weles import config, connection

__all__ = ["User", "create", "login"]


@dataclass(frozen=True)
class User:
    """A user of the lake; `token` is shown this once only, so it is kept out of the text form."""

    name: str
    role: str
    token: str = field(repr=False)


def create(name: str, password: str) -> User:
    """Make a user; the token in the answer is theirs to `connect` with.

    Raises Forbidden where only administrators may, Exists when the name is taken, InvalidRequest when name or password
    will not do.
    """
    answer = connection.current().send_json("POST", "/users", {"name": name, "password": password})
    return User(str(answer["name"]), str(answer.get("role", "member")), str(answer.get("token", "")))


def login(name: str, password: str, *, url: str | None = None) -> connection.Connection:
    """Get a token for `name`, save it for later sessions (readable by you only), and connect with it.

    `url`: the lake, where it is not the one in use. Raises Unauthenticated for a wrong name or password.
    """
    lake = connection.Connection(url) if url else connection.current()
    answer = lake.send_json("POST", "/tokens", {"name": name, "password": password})
    token = str(answer["token"])
    config.save(config.Login(lake.url, token))
    return connection.connect(lake.url, token, patience=lake.patience)
