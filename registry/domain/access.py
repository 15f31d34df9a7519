"""Who may do what to which thing of the lake: the words, and the one decision.

What one may not see is not there for them; what one sees but may not change is somebody else's.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from registry.domain.entities import User


class Scope(StrEnum):
    """What a token may be used for. Scopes do not include each other; a login has them all.

    read: look; predict: call models; write: upload, share, change; admin: one's tokens and password, and, for
    administrators, the users of the lake.
    """

    READ = "read"
    PREDICT = "predict"
    WRITE = "write"
    ADMIN = "admin"


EVERY_SCOPE = frozenset(Scope)


class Right(StrEnum):
    """see: read all of it; use: predict, audit, explain; change: everything that its owner may."""

    SEE = "see"
    USE = "use"
    CHANGE = "change"


class Visibility(StrEnum):
    """private: the owner's alone; shared: with users that are named; public: for every user of the lake."""

    PRIVATE = "private"
    SHARED = "shared"
    PUBLIC = "public"


class Thing(StrEnum):
    """What a right can be had on. A dataset is seen through its aliases, a preparation and an environment
    through models, other jobs and explanations by who asked for them."""

    MODEL = "model"
    DATASET = "dataset"
    JOB = "job"
    ENVIRONMENT = "environment"
    EXPLANATION = "explanation"


class TokenKind(StrEnum):
    """login: given for a password, ended by a change of it; personal: made by its user for a purpose."""

    LOGIN = "login"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as its user sees it: without its secret, named by the first hex digits of its digest."""

    ID_DIGITS: ClassVar = 12

    id: str
    label: str
    kind: TokenKind
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def id_of(cls, digest: str) -> str:
        return digest.removeprefix("sha256:")[: cls.ID_DIGITS]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a model or a dataset's alias is for; `users` are named when it is shared."""

    visibility: Visibility
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AliasAudience:
    """Whom one alias of a dataset is for."""

    name: str
    owner: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, by a token (named by its digest) that is good for these scopes."""

    user: User
    scopes: frozenset[Scope]
    token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How someone stands to a thing: it is theirs, it is shared with them by name, it is public."""

    owns: bool
    shared: bool
    public: bool


_EVERY_RIGHT = frozenset(Right)
_GUEST = frozenset({Right.SEE, Right.USE})


def rights(standing: Standing | None, user: User | None) -> frozenset[Right]:
    """The rights of `user` (None: a caller without a token) on a thing; `standing` is None when there is none."""
    if standing is None:
        return frozenset()
    if user is not None and (user.is_admin or standing.owns):
        return _EVERY_RIGHT
    return _GUEST if standing.shared or standing.public else frozenset()
