"""docs/prototype.md names functions and tests that are there."""

import re
from functools import reduce
from pathlib import Path

import pytest
import weles

ROOT = Path(__file__).parents[3]
ROWS = [
    [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs" / "prototype.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and "::" in line
]
EXPORTED = set(
    re.findall(r"^export\((\w+)\)", (ROOT / "clients/r/NAMESPACE").read_text(encoding="utf-8"), re.MULTILINE)
)


def test_there_are_rows() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("python", "r", "test"), [row[1:] for row in ROWS])
def test_a_row_is_true(python: str, r: str, test: str) -> None:
    assert callable(reduce(getattr, python.removeprefix("weles.").split("."), weles))
    assert r == "–" or r in EXPORTED
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
