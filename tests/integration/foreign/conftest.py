"""The clients of others, from PyPI, in an environment of their own; one lake with Python and R models for them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from registry.tables import formats, json_format
from tests.conftest import ROOT, remove_lake
from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.test_r_upload_and_predict import Creator, parts
from tests.integration.test_r_upload_and_predict import creator as r_creator  # noqa: F401

CLIENTS = ("tritonclient[http]>=2.60", "open-inference-openapi>=2", "mlflow-skinny>=3.10", "pandas>=2.2", "scipy")
KINDS = ["red", "green", "blue"]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """The interpreter of an environment with CLIENTS, made once per machine."""
    folder = ROOT / ".cache" / "foreign-clients"
    made = folder / "made-of.txt"
    if not made.exists() or made.read_text() != "\n".join(CLIENTS):
        uv = Path(sys.executable).with_name("uv")
        script = [ROOT / "deploy" / "local" / "virtualenv.sh", folder, *CLIENTS]
        done = subprocess.run(script, env={**os.environ, "UV": str(uv)}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made.write_text("\n".join(CLIENTS))
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def ask(clients_python: Path) -> Ask:
    """Run one of the programs beside this file: `ask("triton", lake, model, …)` is what it understood."""

    def run(program: str, lake: Lake, model: str, **question: Any) -> dict[str, Any]:
        # tritonclient takes a host and a port, the others a URL.
        url = lake.url if program == "open_inference" else lake.url.removeprefix("http://")
        done = subprocess.run(
            [clients_python, "-I", Path(__file__).with_name(f"{program}_program.py")],
            input=json.dumps({"url": url, "token": lake.token, "model": model, **question}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


@pytest.fixture(scope="module")
def open_lake(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str, cran: Path
) -> Iterator[Lake]:
    lake = Lake(tmp_path_factory.mktemp("foreign-lake"), {"WELES_CRAN": str(cran)})
    lake.start()
    yield lake
    lake.stop()
    remove_lake(engine, lake.name)


@pytest.fixture(scope="module")
def paint(open_lake: Lake) -> dict[str, Any]:
    """A Python model of a number that may be missing, a category, a text and a truth value; its answers are texts."""
    rows = pd.DataFrame(
        {
            "size": [1.5, None, 3.5, 4.0, 0.5, 6.0] * 5,
            "count": [1, 2, 3, 4, 5, 2**40] * 5,
            "colour": pd.Categorical(["red", "green", "blue", "red", "green", "blue"] * 5, categories=KINDS),
            "label": ["a", "b", "a", "é", "a", "b"] * 5,
            "open": [True, False, True, False, True, False] * 5,
        }
    )
    target = pd.Series(["yes", "no", "no", "yes", "yes", "no"] * 5, name="target")
    model = make_pipeline(
        make_column_transformer(
            (SimpleImputer(), ["size"]),
            (OneHotEncoder(handle_unknown="ignore"), ["colour", "label"]),
            remainder="passthrough",
        ),
        LogisticRegression(max_iter=500),
    )
    rows["count"] = rows["count"] % 1000
    model.fit(rows, target)
    columns = [
        {"name": "size", "type": "float64"},
        {"name": "count", "type": "int64"},
        {"name": "colour", "type": "categorical", "levels": KINDS},
        {"name": "label", "type": "string"},
        {"name": "open", "type": "bool"},
        {"name": "target", "type": "string"},
    ]
    data = [[None if value != value else value for value in row] for row in rows.assign(target=target).to_numpy()]
    table = json_format.from_document({"columns": columns, "data": data})
    form = creator.form(model, rows.assign(target=target), "paint")
    form["data"] = ("data.arrow", formats.write(formats.ARROW, table)[1], formats.ARROW)
    _uploaded(open_lake, form)
    return {"model": model, "rows": rows}


@pytest.fixture(scope="module")
def iris(open_lake: Lake, paint: dict[str, Any]) -> dict[str, Any]:
    """A Python model of four numbers, in the environment of `paint`."""
    model, data = creator.iris()
    _uploaded(open_lake, creator.form(model, data, "iris"))
    return {"model": model, "rows": data.drop(columns="target")}


@pytest.fixture(scope="module")
def tree(open_lake: Lake, r_creator: Creator) -> Creator:  # noqa: F811 - the fixture
    """rpart's tree of iris, of a session of R."""
    _uploaded(open_lake, parts(r_creator, "tree"))
    return r_creator


def _uploaded(lake: Lake, form: dict[str, Any]) -> None:
    response = lake.call("POST", "/models", files=form)
    assert response.status_code == 202, response.text
    job = lake.job(response.json()["job"])
    assert job["state"] == "succeeded", job["problem"]
