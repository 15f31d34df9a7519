"""What a client declared its environment to be (pure): a file in any of its forms → EnvironmentSpec."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from builders.errors import InvalidSpec, LineProblem
from builders.inputs.formats import read_declaration
from builders.pins import Pin, Repair
from builders.r.pins import RPin
from builders.requirement_lines import TEXT_BYTES, TEXT_LINES, LogicalLine
from builders.requirement_rules import Refused, Target, Wanted, apply_rules, shown

__all__ = ["TEXT_BYTES", "TEXT_LINES", "EnvironmentSpec", "ParsedSpec", "Pin", "Repair", "parse_requirements"]

AnyPin = Pin | RPin
_PINS: Mapping[str, type[Pin] | type[RPin]] = {"python": Pin, "r": RPin}


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """Packages to install (`pins`), and versions to keep to where another package needs them (`constraints`).

    Both are kept sorted. `version` is the language's, `3.11` or `3.11.2`. Python has `Pin`s, R `RPin`s; R has no
    constraints.
    """

    language: str
    version: str
    pins: tuple[AnyPin, ...]
    constraints: tuple[Pin, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", tuple(sorted(self.pins, key=lambda pin: (pin.name, str(pin)))))
        object.__setattr__(self, "constraints", tuple(sorted(self.constraints)))

    def to_json(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "version": self.version,
            "pins": [pin.to_json() for pin in self.pins],
        } | ({"constraints": [pin.to_json() for pin in self.constraints]} if self.language == "python" else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            language=data["language"],
            version=data["version"],
            pins=tuple(_PINS[data["language"]].from_json(pin) for pin in data["pins"]),
            constraints=tuple(Pin.from_json(pin) for pin in data.get("constraints", ())),
        )


@dataclass(frozen=True, slots=True)
class ParsedSpec:
    """A specification and every repair that reading it took."""

    spec: EnvironmentSpec
    repairs: tuple[Repair, ...]


def parse_requirements(text: str, *, version: str, filename: str = "") -> ParsedSpec:
    """Read an environment in any of the forms of `builders.inputs.formats`, for Python `version` on Linux x86-64.

    `filename` is a hint. Raises InvalidSpec with every line that cannot be used, and with line 0 for what concerns the
    whole text.
    """
    target = Target(_python_version(version))
    declared = read_declaration(text, filename, target)
    _check_python(declared.python, version)
    reading = _Reading([*declared.repairs], [*declared.problems])
    for line in (each for each in declared.lines if each.constraint):
        reading.take(line, target)
    held = {name: pin.version for name, (_, pin) in reading.constraints.items()}
    for line in (each for each in declared.lines if not each.constraint):
        reading.take(line, replace(target, held=held))
    if reading.problems:
        raise InvalidSpec(tuple(sorted(reading.problems, key=lambda problem: problem.line)))
    pins, constraints = reading.pins.values(), reading.constraints.values()
    spec = EnvironmentSpec("python", version, tuple(pin for _, pin in pins), tuple(pin for _, pin in constraints))
    return ParsedSpec(spec, tuple(reading.repairs))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the lines so far have given; pins and constraints by name, with the number of their line."""

    repairs: list[Repair]
    problems: list[LineProblem]
    pins: dict[str, tuple[int, Pin]] = field(default_factory=dict)
    constraints: dict[str, tuple[int, Pin]] = field(default_factory=dict)

    def take(self, line: LogicalLine, target: Target) -> None:
        draft = apply_rules(line, target)
        self.repairs.extend(draft.repairs)
        problem = None
        if isinstance(draft.outcome, Refused):
            problem = draft.outcome.reason
        elif isinstance(draft.outcome, Wanted):
            problem = _take(self.constraints if draft.outcome.constraint else self.pins, line.number, draft.outcome.pin)
        if problem is not None:
            self.problems.append(LineProblem(line.number, shown(line.text), problem))


def _take(taken: dict[str, tuple[int, Pin]], number: int, pin: Pin) -> str | None:
    """Add the pin, joining the extras of a repeated one; what is wrong when it contradicts an earlier line."""
    first, earlier = taken.get(pin.name, (number, pin))
    if Version(earlier.version) != Version(pin.version):
        return f"it contradicts line {first}, {earlier}; keep one of the two"
    extras = tuple(sorted({*earlier.extras, *pin.extras}))
    taken[pin.name] = (first, Pin(pin.name, min(earlier.version, pin.version), extras))
    return None


def _python_version(version: str) -> str:
    parts = version.split(".")
    if len(parts) in (2, 3) and all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
        return version
    reason = f"{shown(version)!r} is not a Python version; write it as 3.11 or 3.11.2"
    raise InvalidSpec((LineProblem(0, shown(version), reason),))


def _check_python(wanted: str, version: str) -> None:
    """Raises InvalidSpec when the file is for other Pythons than the one that made the model."""
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        return
    # Of `3.11` it is not known which patch it is: any that the file allows will do.
    patches = [version] if version.count(".") == 2 else [f"{version}.{patch}" for patch in range(60)]
    if any(allowed.contains(each, prereleases=True) for each in patches):
        return
    reason = (
        f"this file is for Python {shown(wanted)}, and the model's session is Python {version}: "
        "send the environment of the session that made the model"
    )
    raise InvalidSpec((LineProblem(0, "", reason),))
