"""The README's table of the prototype names functions that are there, and tests that call them."""

import ast
import re
from functools import cache, reduce
from pathlib import Path

import pytest
import weles

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = [
    [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split(" | ")]
    for line in README.partition("## From the 2019 prototype")[2].partition("\n## ")[0].splitlines()
    if line.startswith("|") and "::" in line
]
EXPORTED = set(
    re.findall(r"^export\((\w+)\)", (ROOT / "clients/r/NAMESPACE").read_text(encoding="utf-8"), re.MULTILINE)
)
PROTOTYPE = {
    *("user.create", "model.upload", "model.predict", "model.info", "model.status", "model.search", "model.audit"),
    *("model.requirements", "model.explain", "model.get"),
    *("dataset.upload", "dataset.get", "dataset.head", "dataset.info"),
}


def test_no_function_is_missing() -> None:
    assert {name for row in ROWS for name in row[0]} >= PROTOTYPE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][0] if row[0] else "of a hash")
def test_a_row_is_true(row: list[list[str]]) -> None:
    _, (python,), (r,), tests = row
    assert callable(reduce(getattr, python.split("."), weles))
    assert r in EXPORTED
    run = "".join(source(*test.split("::")) for test in tests)
    for called in (python, r):
        assert re.search(rf"(?<!\w){re.escape(called)}\(", run), called


@cache
def source(file: str, name: str) -> str:
    """A test, and the texts that its module gives to R."""
    tree = ast.parse((ROOT / "tests/integration" / f"test_{file}.py").read_text(encoding="utf-8"))
    (test,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == f"test_{name}"]
    texts = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return "\n".join(ast.unparse(node) for node in [test, *texts])
