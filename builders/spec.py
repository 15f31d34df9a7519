"""What a client declared its environment to be (pure): a text of pinned requirements → EnvironmentSpec."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from packaging.version import Version

from builders.errors import InvalidSpec, LineProblem
from builders.pins import Pin, Repair
from builders.r.pins import RPin
from builders.requirement_lines import TEXT_BYTES, TEXT_LINES, check_limits, logical_lines
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


def parse_requirements(text: str, *, version: str) -> ParsedSpec:
    """Read the output of `pip freeze`, or a requirements file of plain pins, for Python `version` on Linux x86-64.

    Raises InvalidSpec with every line that cannot be used, and with line 0 for what concerns the whole text.
    """
    target = Target(_python_version(version))
    check_limits(text)
    pins: dict[str, tuple[int, Pin]] = {}
    constraints: dict[str, tuple[int, Pin]] = {}
    repairs: list[Repair] = []
    problems: list[LineProblem] = []
    for line in logical_lines(text):
        draft = apply_rules(line, target)
        repairs.extend(draft.repairs)
        if isinstance(draft.outcome, Refused):
            problems.append(LineProblem(line.number, shown(line.text), draft.outcome.reason))
        elif isinstance(draft.outcome, Wanted):
            taken = constraints if draft.outcome.constraint else pins
            problem = _take(taken, line.number, draft.outcome.pin)
            if problem is not None:
                problems.append(LineProblem(line.number, shown(line.text), problem))
    if problems:
        raise InvalidSpec(tuple(problems))
    spec = EnvironmentSpec(
        "python", version, tuple(pin for _, pin in pins.values()), tuple(pin for _, pin in constraints.values())
    )
    return ParsedSpec(spec, tuple(repairs))


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
