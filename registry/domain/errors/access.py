"""The caller's fault: who asks may not."""

from registry.domain.errors.families import CallerError


class Unauthenticated(CallerError):
    title = "Who is asking?"

    def __init__(self, detail: str = "The token is missing, wrong, or has expired.") -> None:
        super().__init__(detail, next="Send `Authorization: Bearer TOKEN` with a token of this lake.")


class Forbidden(CallerError):
    title = "This is not yours to do"

    def __init__(self, detail: str, *, next: str = "") -> None:
        super().__init__(detail, next=next or "Ask the owner or an administrator of the lake.")


class TooManyAttempts(CallerError):
    """`retry_after` is in seconds."""

    title = "Too many wrong passwords"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "A password was tried too often from here.",
            next=f"Try again in {seconds} seconds.",
            retry_after=seconds,
        )
