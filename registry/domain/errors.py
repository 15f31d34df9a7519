"""What can go wrong, in three families: the caller's fault, the model's fault, the lake's fault.

    WelesError
    ├── CallerError   InvalidRequest  InvalidInput  InvalidEnvironment  NotFound  Exists  Deleted  AliasMoved  TooLarge
    │                 UnsupportedMediaType  NotAcceptable  Unauthenticated  Forbidden  EnvironmentFailed
    │                 MethodNotAllowed  InUse  TooManyAttempts  TooManyKept  TooMuchWork  MeasureMisfit  Cancelled
    ├── ModelError    ModelRaised  ModelNotLoadable  ModelDied  ModelOutOfMemory  PredictionTimeout
    │                 ModelNotUsable  AnswersDiffer
    └── LakeError     EnvironmentNotReady  CapacityExceeded  BuilderUnavailable  BlobUnavailable  LakeBusy  LakeFailed
                      ModelBusy  AnalysisUnavailable  RuntimeNotReady

An error carries data (`fields`) and says what to do `next`; it never knows an HTTP status. `registry.api.problems`
maps each class to one. `to_document` and `from_document` carry an error between the processes of one lake.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
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


class NotFound(CallerError):
    title = "There is no such thing here"

    def __init__(self, kind: str, name: str, *, next: str = "") -> None:
        super().__init__(f"There is no {kind} {name!r}.", next=next or "Check the name.", kind=kind, name=name)


class Exists(CallerError):
    title = "It is there already"

    def __init__(self, kind: str, name: str, *, next: str = "") -> None:
        super().__init__(
            f"There is a {kind} {name!r} already.", next=next or "Choose another name.", kind=kind, name=name
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


class TooManyKept(CallerError):
    title = "Too many models are kept warm"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} models of this lake are kept warm already.",
            next="Let another one go, or ask the operator to raise WELES_MAX_KEPT_WARM.",
            limit=limit,
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


class Cancelled(CallerError):
    title = "It was cancelled"

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} was cancelled.", next="Ask for it again.", what=what)


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


class Unauthenticated(CallerError):
    title = "Who is asking?"

    def __init__(self, detail: str = "The token is missing, wrong, or has expired.") -> None:
        super().__init__(detail, next="Send `Authorization: Bearer TOKEN` with a token of this lake.")


class Forbidden(CallerError):
    title = "This is not yours to do"

    def __init__(self, detail: str, *, next: str = "") -> None:
        super().__init__(detail, next=next or "Ask the owner or an administrator of the lake.")


class InUse(CallerError):
    title = "It is still needed"

    def __init__(self, detail: str, *, next: str = "") -> None:
        super().__init__(detail, next=next or "Delete first what needs it.")


class TooManyAttempts(CallerError):
    """`retry_after` is in seconds."""

    title = "Too many wrong passwords"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "A password was tried too often from here.",
            next=f"Try again in {seconds} seconds.",
            retry_after=seconds,
        )


class EnvironmentFailed(CallerError):
    """The environment cannot be made; `diagnosis` has phase, package, cause, summary, line, suggestion."""

    title = "The environment cannot be built"

    def __init__(self, diagnosis: Mapping[str, Any], log_tail: str) -> None:
        super().__init__(
            diagnosis["summary"], next=diagnosis["suggestion"], diagnosis=dict(diagnosis), log_tail=log_tail
        )


class ModelRaised(ModelError):
    """The model's own code raised; the traceback starts at the model's side."""

    title = "The model raised an error"

    def __init__(self, error_class: str, message: str, traceback: str) -> None:
        super().__init__(
            f"The model raised {error_class}: {message}",
            next="Look at the traceback: it is the model's own. Compare your data with what the model was trained on.",
            error_class=error_class,
            message=message,
            traceback=traceback,
        )


class ModelNotLoadable(ModelError):
    title = "The model file cannot be loaded in its environment"

    def __init__(self, error_class: str, message: str, traceback: str) -> None:
        super().__init__(
            f"Loading the model raised {error_class}: {message}",
            next="Upload it again from the session that made it, with all of that session's packages.",
            error_class=error_class,
            message=message,
            traceback=traceback,
        )


class ModelDied(ModelError):
    """The model's process ended in the middle of an answer (a crash in compiled code, for example)."""

    title = "The model's process died"

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            f"The model's process ended with exit code {exit_code} before it answered.",
            next="Try smaller data; if it dies again, tell the model's owner.",
            exit_code=exit_code,
        )


class ModelOutOfMemory(ModelError):
    title = "The model ran out of memory"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The model needed more than the {limit_bytes} bytes that its container may have.",
            next="Send fewer rows at once, or ask the operator to raise WELES_CONTAINER_MEMORY.",
            limit_bytes=limit_bytes,
        )


class PredictionTimeout(ModelError):
    title = "The model did not answer in time"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The model did not answer in {seconds:g} seconds and was stopped.",
            next="Send fewer rows at once, or ask the operator to raise WELES_PREDICTION_SECONDS.",
            seconds=seconds,
        )


class ModelNotUsable(ModelError):
    """The version's preparation failed; `problem` is what was kept of that failure."""

    title = "This version never became ready"

    def __init__(self, name: str, version: int, problem: Mapping[str, Any] | None) -> None:
        super().__init__(
            f"Version {version} of {name!r} could not be prepared: {(problem or {}).get('detail', 'see its job')}",
            next="Look at its job and the log of its build, then upload it again.",
            problem=dict(problem) if problem else None,
        )


class AnswersDiffer(ModelError):
    """The image does not give the golden rows' predictions. `differences`: {row, column, expected, got} each."""

    title = "The image does not answer as the creator's session did"

    def __init__(self, differences: Sequence[Mapping[str, Any]], rows: int) -> None:
        super().__init__(
            f"The image's answers differ from the creator's session in {len(differences)} places of {rows} rows.",
            next="Check that the model is deterministic, and that the requirements are those of its session.",
            differences=[dict(difference) for difference in differences][:20],
            rows=rows,
        )


class EnvironmentNotReady(LakeError):
    title = "The model's environment is not ready yet"

    def __init__(self, name: str, version: int, job: str | None) -> None:
        super().__init__(
            f"Version {version} of {name!r} is being prepared.",
            next="Ask again in a few seconds, or follow its job.",
            job=job,
        )


class CapacityExceeded(LakeError):
    title = "Every container is busy"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"All {limit} containers of this lake are at work.",
            next="Ask again in a few seconds, or ask the operator to raise WELES_MAX_CONTAINERS.",
            limit=limit,
        )


class ModelBusy(LakeError):
    title = "The model is answering others"

    def __init__(self) -> None:
        super().__init__(
            "The model was at work for others all the time that this question waited for its turn.",
            next="Ask again in a few seconds, or ask the operator to raise WELES_QUEUE_SECONDS.",
        )


class BuilderUnavailable(LakeError):
    """The lake cannot build, or run, at present. `diagnosis` is as of EnvironmentFailed, where a log showed one: an
    index that asks for a password, a full disk …"""

    title = "The lake cannot build or run models at present"
    retry_after = 15

    def __init__(self, reason: str, diagnosis: Mapping[str, Any] | None = None) -> None:
        if diagnosis is None:
            super().__init__(
                f"The worker or its Docker Engine cannot be reached: {reason}",
                next="Ask again later; operators: `weles-admin doctor` says what is wrong.",
                reason=reason,
            )
        else:
            super().__init__(
                diagnosis["summary"], next=diagnosis["suggestion"], reason=reason, diagnosis=dict(diagnosis)
            )


class RuntimeNotReady(LakeError):
    """What compiles packages is being made for the first time; `progress` says how far that is."""

    title = "The lake is still making what it compiles packages with"
    retry_after = 10

    def __init__(self, runtime: str, progress: str) -> None:
        super().__init__(
            f"{runtime} with compilers is made for the first time, which takes a minute or some: {progress}",
            next="Ask again in a while.",
            runtime=runtime,
            progress=progress,
        )


class AnalysisUnavailable(LakeError):
    """The program that measures and explains cannot be started, or ended before it answered."""

    title = "Measures and explanations cannot be computed"
    retry_after = 60

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The lake cannot compute this: {reason}",
            next="Operators: install weles-registry[analysis] for the interpreter that WELES_ANALYSIS_PYTHON names.",
            reason=reason,
        )


class BlobUnavailable(LakeError):
    title = "Stored bytes cannot be read"

    def __init__(self, digest: str, reason: str) -> None:
        super().__init__(
            f"The stored content {digest} cannot be used: {reason}",
            next="Tell the operator; the content must be restored from a backup.",
            digest=digest,
            reason=reason,
        )


class LakeBusy(LakeError):
    title = "The lake cannot do this right now"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, next="Ask again in a few seconds.")


class LakeFailed(LakeError):
    """A fault of the lake that nobody foresaw; its log has the traceback."""

    title = "Something went wrong in the lake"

    def __init__(self, detail: str = "Something went wrong in the lake; its log says what.") -> None:
        super().__init__(detail, next="Tell the operator, with the time at which it happened.")


def every_error() -> tuple[type[WelesError], ...]:
    """All classes that can be raised: the leaves of the tree, in the order of their names."""

    def leaves(root: type[WelesError]) -> list[type[WelesError]]:
        below = root.__subclasses__()
        return [leaf for child in below for leaf in leaves(child)] if below else [root]

    return tuple(sorted(leaves(WelesError), key=lambda each: each.__name__))


def from_document(document: Mapping[str, Any]) -> WelesError:
    """The error that `to_document` described, of the same class, fields as they were."""
    classes = {each.__name__: each for each in every_error()}
    error = WelesError.__new__(classes.get(str(document["error"]), LakeBusy))
    WelesError.__init__(error, document["detail"], next=document["next"], **document["fields"])
    return error
