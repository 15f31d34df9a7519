"""What can go wrong, in three families: the caller's fault, the model's fault, the lake's fault.

    WelesError
    ├── CallerError   InvalidRequest  InvalidInput  InvalidEnvironment  InvalidModel  NotFound  Exists  TooLarge
    │                 Deleted  AliasMoved  TooManyKept  SessionDiffers
    │                 MethodNotAllowed  UnsupportedMediaType  NotAcceptable  Unauthenticated  Forbidden
    │                 EnvironmentFailed  InUse  TooManyAttempts  NotConnected  TooMuchWork  MeasureMisfit  Cancelled
    ├── ModelError    ModelRaised  ModelNotLoadable  ModelDied  ModelOutOfMemory  PredictionTimeout
    │                 ModelNotUsable  AnswersDiffer
    ├── LakeError     EnvironmentNotReady  CapacityExceeded  BuilderUnavailable  BlobUnavailable  LakeBusy
    │                 LakeFailed  ModelBusy  AnalysisUnavailable  RuntimeNotReady  DiskFull
    │                 LakeUnreachable  UnexpectedAnswer
    └── UploadFailed  of the family of its `reason`

`str(error)` is meant to be read: what happened, where in your data, the model's own traceback, and what to do next.
The same facts are in `detail`, `next` and `fields`, for programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from weles.error_text import explain

__all__ = [
    "AliasMoved",
    "AnalysisUnavailable",
    "AnswersDiffer",
    "BlobUnavailable",
    "BuilderUnavailable",
    "CallerError",
    "Cancelled",
    "CapacityExceeded",
    "Deleted",
    "DiskFull",
    "EnvironmentFailed",
    "EnvironmentNotReady",
    "Exists",
    "Forbidden",
    "InUse",
    "InvalidEnvironment",
    "InvalidInput",
    "InvalidModel",
    "InvalidRequest",
    "LakeBusy",
    "LakeError",
    "LakeFailed",
    "LakeUnreachable",
    "MeasureMisfit",
    "MethodNotAllowed",
    "ModelBusy",
    "ModelDied",
    "ModelError",
    "ModelNotLoadable",
    "ModelNotUsable",
    "ModelOutOfMemory",
    "ModelRaised",
    "NotAcceptable",
    "NotConnected",
    "NotFound",
    "PredictionTimeout",
    "RuntimeNotReady",
    "SessionDiffers",
    "TooLarge",
    "TooManyAttempts",
    "TooManyKept",
    "TooMuchWork",
    "Unauthenticated",
    "UnexpectedAnswer",
    "UnsupportedMediaType",
    "UploadFailed",
    "WelesError",
    "from_problem",
]


class WelesError(Exception):
    """Base of every error of this package.

    `family` is "caller", "model" or "lake"; `detail` says what happened; `next` what to do; `fields` are the data
    that came with it (`problems`, `traceback`, `available` …).
    """

    family: str = "lake"

    def __init__(self, detail: str, *, next: str = "", **fields: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.next = next
        self.fields: dict[str, Any] = fields

    @property
    def problems(self) -> Sequence[Mapping[str, Any]]:
        """Where the fault is: {column, row, expected, got} or {line, text, reason} each; empty when unknown."""
        found = self.fields.get("problems") or self.fields.get("differences") or []
        return [each for each in found if isinstance(each, Mapping)]

    @property
    def traceback(self) -> str | None:
        """The model's own traceback, when its code raised."""
        found = self.fields.get("traceback")
        return found if isinstance(found, str) else None

    def __str__(self) -> str:
        return explain(self.detail, self.fields, self.next)


class CallerError(WelesError):
    """Something in the call has to change."""

    family = "caller"


class ModelError(WelesError):
    """The model's own code or file is at fault; its owner can help."""

    family = "model"


class LakeError(WelesError):
    """The lake's own trouble; the same call may work later."""

    family = "lake"


class InvalidRequest(CallerError):
    """The lake could not read a field of the request."""


class InvalidInput(CallerError):
    """Data that does not fit; `problems` names column, row, what was expected and what came."""


class InvalidEnvironment(CallerError):
    """Requirements that are not plain pins; `problems` names each line and the reason."""


class InvalidModel(CallerError):
    """A model that could not be called in the lake: found here, before anything was sent."""


class NotFound(CallerError):
    """No such model, dataset, job or file."""


class Exists(CallerError):
    """The name is taken."""


class Deleted(CallerError):
    """It was there, and its owner can restore it for a while."""


class AliasMoved(CallerError):
    """The alias is not where `expected` said: somebody else has moved it."""


class TooManyKept(CallerError):
    """The lake keeps as many models warm as its operator allows."""


class SessionDiffers(CallerError):
    """The model was made in another session than this one: nothing of it was loaded.

    `differences` lists {what, expected, got}: the model's language, its version, its main packages, and this session's.
    """

    @property
    def differences(self) -> Sequence[Mapping[str, Any]]:
        """{what, expected (the model's), got (this session's, None when it is not installed)} each."""
        return self.problems


class TooLarge(CallerError):
    """More bytes than the lake takes."""


class TooMuchWork(CallerError):
    """More rows, or more values, than the lake does in one job, or at once."""


class MeasureMisfit(CallerError):
    """A measure that is not defined for what the model predicts; `fields["available"]` are those that are."""


class Cancelled(CallerError):
    """Somebody stopped the job."""


class MethodNotAllowed(CallerError):
    """The lake has this address, but not for this method: client and lake are of different versions."""


class UnsupportedMediaType(CallerError):
    """A form of data that the lake cannot read."""


class NotAcceptable(CallerError):
    """A form of answer that the lake cannot give."""


class Unauthenticated(CallerError):
    """The token is missing, wrong or has expired."""


class Forbidden(CallerError):
    """Somebody else's to do."""


class EnvironmentFailed(CallerError):
    """The environment cannot be made of these requirements; `fields["diagnosis"]` says which package, and why."""


class InUse(CallerError):
    """Something that is still needed cannot be deleted."""


class TooManyAttempts(CallerError):
    """A password was tried too often; `fields["retry_after"]` says how many seconds to wait."""


class NotConnected(CallerError):
    """No lake was named: no `connect()`, no WELES_URL, no saved login."""


class ModelRaised(ModelError):
    """The model's code raised while predicting; `traceback` is its own."""


class ModelNotLoadable(ModelError):
    """The model file cannot be loaded in its environment."""


class ModelDied(ModelError):
    """The model's process ended before it answered."""


class ModelOutOfMemory(ModelError):
    """The model needed more memory than its container may have."""


class PredictionTimeout(ModelError):
    """The model did not answer in time."""


class ModelNotUsable(ModelError):
    """This version never became ready; `fields["reason"]` says why."""


class AnswersDiffer(ModelError):
    """The image's predictions for the sample rows are not those of the session that uploaded it."""


class EnvironmentNotReady(LakeError):
    """The version is still being prepared."""


class CapacityExceeded(LakeError):
    """Every container is busy."""


class BuilderUnavailable(LakeError):
    """The lake cannot build or run models at present; `fields["diagnosis"]` says why, where that is known."""


class RuntimeNotReady(LakeError):
    """What compiles packages is being made for the first time; `fields["progress"]` says how far that is."""


class AnalysisUnavailable(LakeError):
    """The lake's program for measures and explanations is not installed, or died."""


class BlobUnavailable(LakeError):
    """Stored bytes cannot be read."""


class DiskFull(LakeError):
    """The lake has no room left on its disk."""


class LakeBusy(LakeError):
    """The lake cannot do this right now."""


class LakeFailed(LakeError):
    """A fault of the lake that nobody foresaw; asking again will not help."""


class ModelBusy(LakeError):
    """The model is answering others."""


class LakeUnreachable(LakeError):
    """No answer from the address of the lake."""


class UnexpectedAnswer(LakeError):
    """Something answered, but not as a lake does: often a proxy, or a wrong address."""


class UploadFailed(WelesError):
    """A version could not be prepared. `reason` is the error that says why; `log` the last lines of its job's log."""

    def __init__(self, model: str, version: int, job: str, reason: WelesError, log: str = "") -> None:
        super().__init__(
            f"Version {version} of {model!r} could not be prepared. {reason.detail}",
            next=reason.next,
            **{**reason.fields, "log": log},
        )
        self.family = reason.family
        self.model = model
        self.version = version
        self.job = job
        self.reason = reason
        self.log = log


_STANDARD_MEMBERS = {"type", "title", "status", "detail", "instance", "next", "family"}
_FAMILIES: Mapping[str, type[WelesError]] = {"caller": CallerError, "model": ModelError, "lake": LakeError}
_BY_STATUS: Mapping[int, type[WelesError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Exists,
    410: Deleted,
    413: TooLarge,
    415: UnsupportedMediaType,
    429: TooManyAttempts,
}


def _bare(slug: str) -> str:
    return "".join(letter for letter in slug.lower() if letter.isalnum())


def _by_slug() -> dict[str, type[WelesError]]:
    leaves = [each for family in _FAMILIES.values() for each in family.__subclasses__()]
    return {_bare(each.__name__): each for each in leaves}


def from_problem(document: Mapping[str, Any], status: int = 0) -> WelesError:
    """The error that a problem document (RFC 9457) describes, or the lake's own {error, detail, next, fields}.

    The class is chosen by the last segment of `type` (or by `error`), else by the HTTP status, else by `family`.
    Members that RFC 9457 does not define become `fields`.
    """
    slug = _bare(str(document.get("type") or document.get("error") or "").rstrip("/").rpartition("/")[2])
    family = _FAMILIES.get(str(document.get("family", "")), CallerError if 400 <= status < 500 else LakeError)
    chosen = _by_slug().get(slug) or _BY_STATUS.get(status, family)
    own = document.get("fields")
    fields = own if isinstance(own, Mapping) else {k: v for k, v in document.items() if k not in _STANDARD_MEMBERS}
    detail = str(document.get("detail") or document.get("title") or f"The lake answered with status {status}.")
    error = chosen(detail, next=str(document.get("next") or ""))
    error.fields = dict(fields)
    return error
