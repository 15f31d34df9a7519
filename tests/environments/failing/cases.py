"""The corpus: what each case has, and what the lake should find."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_OURS = {"expected.toml", "recorded.log"}


@dataclass(frozen=True)
class Finding:
    """What is said of an environment. `phase` is `parse`, a phase of the lake, or `none`: it did not fail.

    In what is expected, `line` and `suggestion` are fragments, and `package` is None when there is no single one.
    """

    phase: str
    package: str | None
    cause: str
    line: str
    suggestion: str
    log: str = ""

    def differs(self, expected: "Finding") -> list[str]:
        """The names of what is not as expected."""
        wrong = [name for name in ("phase", "package", "cause") if getattr(self, name) != getattr(expected, name)]
        fragments = [(name, getattr(expected, name), getattr(self, name)) for name in ("line", "suggestion")]
        return wrong + [name for name, fragment, whole in fragments if fragment.lower() not in whole.lower()]


@dataclass(frozen=True)
class Case:
    """`loads`: what the model is of, such as `cv2 imread`; `place`: what is special about where the lake is."""

    name: str
    about: str
    language: str
    version: str
    file: Path
    expected: Finding
    loads: str | None
    place: str | None
    sources: tuple[dict[str, str], ...]

    @property
    def recording(self) -> Path:
        return self.file.with_name("recorded.log")


def cases() -> list[Case]:
    return [_case(each.parent) for each in sorted(FOLDER.glob("*/expected.toml"))]


def _case(folder: Path) -> Case:
    known = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
    (file,) = (each for each in folder.iterdir() if each.name not in _OURS)
    return Case(
        name=folder.name,
        about=known["about"],
        language=known["language"],
        version=known["version"],
        file=file,
        expected=Finding(**{"package": None, **known["expected"]}),
        loads=known.get("loads"),
        place=known.get("place"),
        sources=tuple(known.get("sources", ())),
    )
