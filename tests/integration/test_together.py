"""Questions share a call of the model only where it has shown, on its golden rows, that this changes no answer."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.test_upload_and_predict import split, upload

pytestmark = pytest.mark.docker


class Company:
    """A model that pickles as source text; it answers with each row's distance from the mean of those it came with."""

    SOURCE = (
        "class Company:\n"
        "    def predict(self, given):\n"
        "        return [float(value) for value in given[:, 0] - given[:, 0].mean()]\n"
    )

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"(lambda names: (exec({self.SOURCE!r}, names), names['Company'])[1])({{}})()",)

    def predict(self, given: pd.DataFrame) -> list[float]:
        values = given.iloc[:, 0].to_numpy()
        return [float(value) for value in values - values.mean()]


class Slow:
    """A model that pickles as source text; it answers with the process that answers, after a while."""

    SOURCE = (
        "import os, time\n"
        "class Slow:\n"
        "    def predict(self, given):\n"
        "        time.sleep(0.4)\n"
        "        return [os.getpid()] * len(given)\n"
    )

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"(lambda names: (exec({self.SOURCE!r}, names), names['Slow'])[1])({{}})()",)


def golden_of(model: Any, rows: pd.DataFrame) -> str:
    predicted = [[value] for value in np.asarray(model.predict(rows)).tolist()]
    exact = {"columns": ["prediction"], "data": predicted}
    return json.dumps({"rows": split(rows), "exact": exact, "prob": None})


def together_of(lake: Lake, name: str) -> bool | None:
    found: bool | None = lake.call("GET", f"/models/{name}").json()["together"]
    return found


def test_a_model_that_answers_each_row_by_itself(lake: Lake) -> None:
    model, data = creator.wine()
    rows = data.drop(columns="target")
    job = upload(lake, "each-by-itself", model, data, golden=golden_of(model, rows.head(6)))
    assert job["state"] == "succeeded", job["problem"]
    assert together_of(lake, "each-by-itself") is True

    def ask(row: int) -> Any:
        return lake.call("POST", "/models/each-by-itself/predict", json=split(rows.iloc[[row]])).json()["data"][0][0]

    with ThreadPoolExecutor(16) as pool:
        assert [*pool.map(ask, range(64))] == model.predict(rows.head(64)).tolist()


@pytest.mark.parametrize("kind", ["vnd.apache.parquet", "vnd.apache.arrow.stream"])
def test_a_large_body_is_answered_part_by_part_as_the_session_does(lake: Lake, kind: str) -> None:
    model, data = creator.wine()
    chance = np.random.default_rng(0)
    rows = data.drop(columns="target").sample(110_000, replace=True, random_state=0, ignore_index=True)
    rows *= chance.uniform(0.9, 1.1, rows.shape)

    def ask(table: pd.DataFrame) -> Any:
        arrow, sink = pa.Table.from_pandas(table, preserve_index=False), io.BytesIO()
        if kind.endswith("parquet"):
            pq.write_table(arrow, sink)
        else:
            with pa.ipc.new_stream(sink, arrow.schema) as writer:
                writer.write_table(arrow)
        assert sink.tell() > 8 << 20
        headers = {"Content-Type": f"application/{kind}", "Accept": "application/vnd.apache.arrow.stream"}
        return lake.call("POST", "/models/each-by-itself/predict", data=sink.getvalue(), headers=headers)

    answer = ask(rows)
    assert answer.status_code == 200, answer.text
    got = pa.ipc.open_stream(answer.content).read_all().column(0).to_numpy()
    assert got.tolist() == model.predict(rows).tolist()

    rows["alcohol"] = rows["alcohol"].astype(object)
    rows.loc[:, "alcohol"] = "strong"
    refused = ask(rows)
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["column"] == "alcohol"


def test_a_model_whose_answers_depend_on_company_is_never_given_any(lake: Lake) -> None:
    data = pd.DataFrame({"x": [1.5, 2.5, 9.5], "target": [0.0, 0.0, 0.0]})
    golden = golden_of(Company(), data[["x"]])
    job = upload(lake, "company", Company(), data, flavour="python", golden=golden)
    assert job["state"] == "succeeded", job["problem"]
    assert together_of(lake, "company") is False


def test_the_creator_may_forbid_it(lake: Lake) -> None:
    model, data = creator.iris()
    rows = data.drop(columns="target")
    job = upload(lake, "never-together", model, data, golden=golden_of(model, rows.head(4)), together=False)
    assert job["state"] == "succeeded", job["problem"]
    assert together_of(lake, "never-together") is False


def test_a_model_whose_questions_wait_long_gets_a_second_process_in_its_container(lake: Lake) -> None:
    rows = pd.DataFrame({"x": [1.0, 2.0], "target": [0.0, 0.0]})
    job = upload(lake, "slow", Slow(), rows, flavour="python")
    assert job["state"] == "succeeded", job["problem"]

    def ask(_: int) -> int:
        answer = lake.call("POST", "/models/slow/predict", json=split(rows.drop(columns="target").head(1)))
        return int(answer.json()["data"][0][0])

    answered_by: set[int] = set()
    for _ in range(20):
        with ThreadPoolExecutor(4) as pool:
            answered_by |= {*pool.map(ask, range(4))}
        if len(answered_by) == 2:
            break
    assert len(answered_by) == 2
