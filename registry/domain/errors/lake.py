"""The lake's own trouble."""

from collections.abc import Mapping
from typing import Any

from registry.domain.errors.families import LakeError


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


class DiskFull(LakeError):
    """What was sent, or the database, found no room. Nothing of it is kept."""

    title = "The lake's disk is full"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "The lake has no room left on its disk; nothing of this was kept.",
            next="Tell the operator: `weles-admin doctor` shows the disks, `weles-admin images prune` and "
            "`weles-admin blobs gc` free some.",
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
