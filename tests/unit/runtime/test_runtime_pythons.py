"""The runtime on every Python that it is for: its syntax always, itself wherever such an interpreter is to be had."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from runtime_process import RUNTIME, FromSource

from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Table

VERSIONS = [(3, minor) for minor in range(6, 15)]


def interpreter(version):
    """A Python of that version, outside of any environment; None when this machine has none."""
    name = "python{}.{}".format(*version)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in [shutil.which(name), *sorted(pyenv.glob("{}.{}.*/bin/python".format(*version)))]:
        if path and subprocess.run([path, "-I", "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


@pytest.mark.parametrize("file", sorted(RUNTIME.rglob("*.py")), ids=lambda file: file.name)
def test_syntax_of_3_6_and_standard_library_only(file):
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 6))
    at_start = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in at_start if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in at_start if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names | {"weles_runtime"}
    assert not any(isinstance(node, ast.NamedExpr) for node in ast.walk(tree))


@pytest.mark.parametrize("version", VERSIONS, ids="{0[0]}.{0[1]}".format)
def test_a_pure_python_model(start, version):
    python = interpreter(version)
    if python is None:
        pytest.skip("no Python {}.{} on this machine".format(*version))
    schema = Schema(
        (
            Field("n", ColumnType.INT64),
            Field("word", ColumnType.STRING),
            Field("colour", ColumnType.CATEGORICAL, ("red", "blue")),
            Field("day", ColumnType.DATE),
        )
    )
    source = (
        "class Model:\n classes_ = ['a', 'b']\n"
        " def predict(self, rows):\n"
        "  if rows[0][0] == 7: raise ValueError('seven')\n"
        "  return ['|'.join(str(cell) if cell == cell else 'None' for cell in row) for row in rows]\n"
        " def predict_proba(self, rows): return [[0.25, 0.75] for row in rows]\n"
        "model = Model()"
    )
    runtime = start(FromSource(source), inputs=schema, python=python).ready()
    hello = runtime.ask("hello").header
    assert tuple(map(int, hello["version"].split(".")[:2])) == version
    assert hello["modes"] == ["exact", "prob"]
    values = {"n": [2**62, None], "word": ["żółw", ""], "colour": [None, "blue"], "day": [None, None]}
    table = Table.from_values(schema, values)
    assert runtime.predict(table) == {"prediction": ["4611686018427387904|żółw|None|None", "None||blue|None"]}
    assert runtime.predict(table, mode="prob") == {"a": [0.25, 0.25], "b": [0.75, 0.75]}
    with pytest.raises(ModelRaised) as caught:
        runtime.predict(Table.from_values(schema, {"n": [7], "word": [""], "colour": [None], "day": [None]}))
    assert "weles_runtime" not in caught.value.fields["traceback"]
    runtime.process.terminate()
    assert runtime.exit_code() == 0
