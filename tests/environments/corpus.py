"""The corpus of environments that must work: a folder each, with the file as people have it and two small scripts.

`case.toml` says what it is; `train.py` (or `.R`) makes a model in the built image, `verify.py` (or `.R`) loads it in
another container of the image and compares its answers with those of the first.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """One environment of the corpus.

    `left_out` are words that the repairs must have; `may_lack` packages that a site's repositories may not have, and
    `wheel` the pattern of one that must lie in a find-links folder, since the index has only another build of it.
    """

    folder: Path
    about: str
    language: str
    version: str
    file: str
    flavour: str
    fast: bool = False
    left_out: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()
    wheel: str = ""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def text(self) -> str:
        return (self.folder / self.file).read_text("utf-8-sig")

    @property
    def suffix(self) -> str:
        return "R" if self.language == "r" else "py"


def cases() -> list[Case]:
    """All of them, by name."""
    return [_read(path.parent) for path in sorted(CORPUS.glob("*/case.toml"))]


def _read(folder: Path) -> Case:
    facts = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    lists = {name: tuple(facts.pop(name)) for name in ("left_out", "may_lack") if name in facts}
    return Case(folder, **facts, **lists)
