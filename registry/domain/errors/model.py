"""The model's fault."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.domain.errors.families import ModelError


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
