"""The caller's fault: what was sent, or asked for, cannot be taken."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.domain.errors.families import CallerError


class InvalidRequest(CallerError):
    title = "The request is not valid"

    def __init__(self, detail: str, *, next: str = "", problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(
            detail, next=next or "Correct the fields that are named and send it again.", problems=[*problems]
        )


class InvalidInput(CallerError):
    """Data that does not fit the schema. `problems`: {column, row, expected, got} each; rows count from 0."""

    title = "The data cannot be taken as they are"

    def __init__(
        self,
        detail: str,
        *,
        column: str | None = None,
        row: int | None = None,
        expected: str | None = None,
        problems: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if not problems and (column is not None or row is not None or expected is not None):
            problems = ({"column": column, "row": row, "expected": expected, "got": None},)
        super().__init__(
            detail,
            next="Send the columns that the model takes, in their types: GET the model shows them under `inputs`.",
            problems=[dict(problem) for problem in problems],
        )


class InvalidEnvironment(CallerError):
    """Requirements that are not plain pins. `problems`: {line, text, reason} each."""

    title = "The environment cannot be read"

    def __init__(
        self, detail: str, *, next: str = "", problems: Sequence[Mapping[str, Any]] = (), **fields: Any
    ) -> None:
        super().__init__(
            detail,
            next=next or "Send the output of `pip freeze` of the session that made the model.",
            problems=[dict(problem) for problem in problems],
            **fields,
        )


class EnvironmentFailed(CallerError):
    """The environment cannot be made; `diagnosis` has phase, package, cause, summary, line, suggestion."""

    title = "The environment cannot be built"

    def __init__(self, diagnosis: Mapping[str, Any], log_tail: str) -> None:
        super().__init__(
            diagnosis["summary"], next=diagnosis["suggestion"], diagnosis=dict(diagnosis), log_tail=log_tail
        )


class TooLarge(CallerError):
    title = "It is too large"

    def __init__(self, limit_bytes: int, what: str) -> None:
        super().__init__(
            f"The {what} is larger than {limit_bytes} bytes, the limit of this lake.",
            next="Send less, or ask the operator to raise the limit.",
            limit_bytes=limit_bytes,
            what=what,
        )


class TooMuchWork(CallerError):
    """Work of more `unit` (rows, values) than the lake does at once; `amount` is what was asked for."""

    title = "It is too much work"

    def __init__(self, what: str, amount: int, limit: int, unit: str, *, next: str = "") -> None:
        super().__init__(
            f"The {what} comes to {amount} {unit}; {limit} is the limit of this lake.",
            next=next or "Ask for less, or ask the operator to raise the limit.",
            what=what,
            amount=amount,
            limit=limit,
            unit=unit,
        )


class MeasureMisfit(CallerError):
    """A measure that is not defined for what the model predicts; `available` are those that are."""

    title = "The measure does not fit the model"

    def __init__(self, detail: str, available: Sequence[str]) -> None:
        super().__init__(
            detail, next=f"Ask for {', '.join(available)}, or leave the measures out.", available=[*available]
        )


class MethodNotAllowed(CallerError):
    title = "This cannot be done here"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"{method} cannot be done here; {', '.join(allowed) or 'nothing'} can.",
            next="The OpenAPI document at /openapi.json lists what can be done where.",
            allowed=[*allowed],
        )


class UnsupportedMediaType(CallerError):
    title = "This form of data cannot be read"

    def __init__(self, got: str, accepted: tuple[str, ...]) -> None:
        super().__init__(
            f"Content-Type {got or '(none)'} cannot be read here; {', '.join(accepted)} can.",
            next=f"Set Content-Type to one of {', '.join(accepted)}.",
            got=got,
            accepted=[*accepted],
        )


class NotAcceptable(CallerError):
    title = "This form of answer cannot be given"

    def __init__(self, wanted: str, available: tuple[str, ...]) -> None:
        super().__init__(
            f"An answer as {wanted} cannot be given; {', '.join(available)} can.",
            next=f"Set Accept to one of {', '.join(available)}.",
            wanted=wanted,
            available=[*available],
        )
