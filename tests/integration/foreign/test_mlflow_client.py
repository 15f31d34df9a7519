"""MLflow's own scoring client, as people install it, against real models in real containers."""

from typing import Any

import numpy as np
import pytest

from registry import __version__
from tests.integration.foreign.conftest import KINDS, Ask
from tests.integration.lake import Lake
from tests.integration.test_r_upload_and_predict import COLUMNS, Creator

pytestmark = pytest.mark.docker


def test_a_frame_of_every_kind_of_column(open_lake: Lake, ask: Ask, paint: dict[str, Any]) -> None:
    rows = paint["rows"].head(6)
    plain = {name: [None if value != value else value for value in rows[name].tolist()] for name in rows}
    got = ask("mlflow", open_lake, "paint", rows=plain, levels={"colour": KINDS})
    expected = paint["model"].predict(rows).tolist()
    assert (got["frame"], got["records"], got["version"]) == (expected, expected, __version__)
    assert list(got["prob"]) == ["no", "yes"]
    np.testing.assert_allclose(np.transpose([*got["prob"].values()]), paint["model"].predict_proba(rows), rtol=1e-9)
    assert "error code 422" in got["error"]
    assert "In column 'size': expected a column of float64, got no such column" in got["error"]


def test_arrays_and_instances(open_lake: Lake, ask: Ask, iris: dict[str, Any]) -> None:
    rows = iris["rows"].head(20)
    got = ask("mlflow", open_lake, "iris", rows=rows.to_dict("list"), numeric=True)
    expected = iris["model"].predict(rows).tolist()
    assert got["frame"] == got["array"] == got["instances"] == expected


def test_an_r_model(open_lake: Lake, ask: Ask, tree: Creator) -> None:
    rows = {name: [row[index] for row in tree.rows] for index, name in enumerate(COLUMNS)}
    got = ask("mlflow", open_lake, "tree", rows=rows, numeric=True, missing=True)
    assert got["frame"] == [tree.columns[int(np.argmax(row))] for row in tree.prob]
    np.testing.assert_allclose(np.transpose([got["prob"][name] for name in tree.columns]), tree.prob, atol=1e-9)
    # rpart goes on without a value: what pandas calls NaN is missing in R.
    assert got["missing"] == 150
