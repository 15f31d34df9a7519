"""The caller's fault: what was asked for does not go with how things are now."""

from datetime import datetime

from registry.domain.errors.families import CallerError


class NotFound(CallerError):
    title = "There is no such thing here"

    def __init__(self, kind: str, name: str, *, next: str = "") -> None:
        super().__init__(f"There is no {kind} {name!r}.", next=next or "Check the name.", kind=kind, name=name)


class Exists(CallerError):
    title = "It is there already"

    def __init__(self, kind: str, name: str, *, next: str = "") -> None:
        super().__init__(
            f"The {kind} {name!r} is there already.", next=next or "Choose another name.", kind=kind, name=name
        )


class Deleted(CallerError):
    """It was there, and can be restored for a while. `deleted_at` is an ISO 8601 time."""

    title = "It was deleted"

    def __init__(self, kind: str, name: str, deleted_at: datetime) -> None:
        super().__init__(
            f"The {kind} {name!r} was deleted at {deleted_at:%Y-%m-%d %H:%M} UTC.",
            next="Use another version, or ask its owner to restore it (POST …/restore) before it is gone for good.",
            kind=kind,
            name=name,
            deleted_at=deleted_at.isoformat(),
        )


class AliasMoved(CallerError):
    """Somebody else has moved the alias. `expected`, `found`: numbers of versions, 0 where the alias is not there."""

    title = "The alias is not where you thought"

    def __init__(self, alias: str, expected: int, found: int) -> None:
        super().__init__(
            f"The alias {alias!r} is at version {found or '(none)'}, not at {expected or '(none)'}.",
            next="Look at where it is now, decide again, and send that as `expected`.",
            alias=alias,
            expected=expected,
            found=found,
        )


class InUse(CallerError):
    title = "It is still needed"

    def __init__(self, detail: str, *, next: str = "") -> None:
        super().__init__(detail, next=next or "Delete first what needs it.")


class TooManyKept(CallerError):
    title = "Too many models are kept warm"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} models of this lake are kept warm already.",
            next="Let another one go, or ask the operator to raise WELES_MAX_KEPT_WARM.",
            limit=limit,
        )


class Cancelled(CallerError):
    title = "It was cancelled"

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} was cancelled.", next="Ask for it again.", what=what)
