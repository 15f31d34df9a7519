"""What every error is, and the three families: whose fault it is."""

from typing import Any, ClassVar, Literal

Family = Literal["caller", "model", "lake"]


class WelesError(Exception):
    """Base of every error that a user may see. `fields` are the data that come with it, ready for JSON."""

    family: ClassVar[Family]
    title: ClassVar[str]

    def __init__(self, detail: str, *, next: str = "", **fields: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.next = next
        self.fields: dict[str, Any] = fields

    def to_document(self) -> dict[str, Any]:
        """The error as JSON-ready data: `error` (class name), `detail`, `next` and `fields`."""
        return {"error": type(self).__name__, "detail": self.detail, "next": self.next, "fields": self.fields}


class CallerError(WelesError):
    family = "caller"


class ModelError(WelesError):
    family = "model"


class LakeError(WelesError):
    """The lake's own trouble. `retry_after` is in seconds."""

    family = "lake"
    retry_after: ClassVar[int] = 5
