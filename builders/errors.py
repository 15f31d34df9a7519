"""What can go wrong on the way from a specification to an image.

BuilderError
├── InvalidSpec          the caller's fault: lines that are not plain pins
├── NoSuchRuntime        the language version is not installed in this lake
├── BuildFailed          the environment's fault: it cannot be resolved, fetched or built
├── Unwanted             nobody's fault: nobody wants it any more
└── BuilderUnavailable   the lake's fault: no engine, no disk, no network; worth trying again
    └── BaseInTheMaking  what compiles is not there yet
"""

from dataclasses import dataclass
from typing import Any

from builders.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that was refused. `line` counts from 1; 0 is the text as a whole."""

    line: int
    text: str
    reason: str


class BuilderError(Exception):
    """Base of every error that builders raise on purpose."""


class InvalidSpec(BuilderError):
    """The specification has lines that cannot be used; `problems` has every one of them."""

    def __init__(self, problems: tuple[LineProblem, ...]) -> None:
        shown = "; ".join(f"line {each.line}: {each.reason}" if each.line else each.reason for each in problems[:5])
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        super().__init__(shown + more)
        self.problems = problems

    def __reduce__(self) -> tuple[type["InvalidSpec"], tuple[tuple[LineProblem, ...]]]:
        return InvalidSpec, (self.problems,)


class NoSuchRuntime(BuilderError):
    """No installed base image can stand in for the language version that was asked for."""

    def __init__(self, language: str, version: str, available: tuple[str, ...]) -> None:
        minor = ".".join(version.split(".")[:2])
        there_are = f"there are {', '.join(available)}" if available else f"no {language} is installed"
        super().__init__(
            f"{language} {version} is not installed in this lake ({there_are}). "
            f"The operator can add it: weles-admin runtimes install {language} {minor}"
        )
        self.language = language
        self.version = version
        self.available = available

    def __reduce__(self) -> tuple[type["NoSuchRuntime"], tuple[str, str, tuple[str, ...]]]:
        return NoSuchRuntime, (self.language, self.version, self.available)


class BuildFailed(BuilderError):
    """The environment cannot be made; `diagnosis` says why, `log_tail` has the log's last lines."""

    def __init__(self, diagnosis: Diagnosis, log_tail: str) -> None:
        super().__init__(f"{diagnosis.summary} {diagnosis.suggestion}")
        self.diagnosis = diagnosis
        self.log_tail = log_tail

    def __reduce__(self) -> tuple[type["BuildFailed"], tuple[Diagnosis, str]]:
        return BuildFailed, (self.diagnosis, self.log_tail)


class Unwanted(BuilderError):
    """Nobody wants the environment any more: its making was stopped, and nothing half-made is left."""

    def __init__(self) -> None:
        super().__init__("nobody wants it any more")


class BuilderUnavailable(BuilderError):
    """The lake cannot build at present; `reason` says what the operator should look at.

    `diagnosis` is what a log has shown of it, None where no log did.
    """

    def __init__(self, reason: str, diagnosis: Diagnosis | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.diagnosis = diagnosis

    def __reduce__(self) -> tuple[type["BuilderUnavailable"], tuple[str, Diagnosis | None]]:
        return BuilderUnavailable, (self.reason, self.diagnosis)


class BaseInTheMaking(BuilderUnavailable):
    """An image with compilers is being made, which takes a minute or some; `detail` is how far it is."""

    def __init__(self, language: str, version: str, detail: str) -> None:
        super().__init__(f"{language} {version} with compilers is being made: {detail}")
        self.language = language
        self.version = version
        self.detail = detail

    def __reduce__(self) -> Any:
        return BaseInTheMaking, (self.language, self.version, self.detail)
