import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from weles import frames
from weles.errors import InvalidInput, InvalidModel
from weles.frames import FrameTable
from weles.golden import golden_rows, spread
from weles.tables import from_document, from_values


@pytest.fixture(scope="module")
def wine():
    return load_wine(as_frame=True).frame


@pytest.fixture(scope="module")
def forest(wine):
    return RandomForestClassifier(5, random_state=1).fit(wine.drop(columns="target"), wine.target)


def _frame(document):
    table = from_document(document)
    return frames.to_frame(table.fields, table.columns(0, table.rows))


@pytest.mark.parametrize("rows", [1, 2, 19, 20, 21, 178, 100_001])
def test_rows_are_spread_evenly_from_first_to_last(rows):
    chosen = spread(rows)
    assert len(chosen) == len(set(chosen)) == min(rows, 20)
    assert (chosen[0], chosen[-1]) == (0, rows - 1)
    gaps = [b - a for a, b in itertools.pairwise(chosen)]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_golden_rows_are_what_this_session_predicts(forest, wine):
    golden = golden_rows(forest, FrameTable(wine), "target")
    rows = _frame(golden["rows"])
    assert list(rows.columns) == [name for name in wine.columns if name != "target"]
    assert golden["exact"]["columns"] == [{"name": "prediction", "type": "int64"}]
    assert [row[0] for row in golden["exact"]["data"]] == forest.predict(rows).tolist()
    assert [field["name"] for field in golden["prob"]["columns"]] == ["0", "1", "2"]
    assert np.array_equal(np.array(golden["prob"]["data"]), forest.predict_proba(rows))
    assert len({row[0] for row in golden["exact"]["data"]}) == 3


def test_the_same_rows_from_a_dataset_of_the_lake(forest, wine):
    stored = from_document(FrameTable(wine).document())
    assert golden_rows(forest, stored, "target") == golden_rows(forest, FrameTable(wine), "target")


def test_columns_are_given_in_the_order_that_the_model_was_fitted_on(forest, wine):
    golden = golden_rows(forest, FrameTable(wine[wine.columns[::-1]]), "target")
    assert [row[0] for row in golden["exact"]["data"]] == [
        row[0] for row in golden_rows(forest, FrameTable(wine), "target")["exact"]["data"]
    ]


def test_a_model_fitted_on_an_array_is_given_one(wine):
    model = LinearRegression().fit(wine.drop(columns="target").to_numpy(), wine.target.to_numpy())
    for data in (FrameTable(wine), from_document(FrameTable(wine).document())):
        golden = golden_rows(model, data, "target")
        assert golden["prob"] is None
        assert golden["exact"]["columns"][0]["type"] == "float64"


def test_without_pandas_an_array_is_given(wine, monkeypatch):
    model = LinearRegression().fit(wine.drop(columns="target").to_numpy(), wine.target.to_numpy())
    expected = golden_rows(model, FrameTable(wine), "target")
    stored = from_document(FrameTable(wine).document())
    monkeypatch.setattr(frames, "available", lambda: False)
    golden = golden_rows(model, stored, "target")
    assert golden["rows"] == expected["rows"]
    assert np.allclose(golden["exact"]["data"], expected["exact"]["data"], rtol=1e-12)


def test_text_labels_and_several_targets():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "b"]})
    golden = golden_rows(DummyClassifier().fit(frame[["x"]], frame.y), FrameTable(frame), "y")
    assert golden["exact"]["data"] == [["b"]] * 3
    assert [field["name"] for field in golden["prob"]["columns"]] == ["a", "b"]
    two = LinearRegression().fit(frame[["x"]], np.array([[1, 2], [3, 4], [5, 6]]))
    names = [field["name"] for field in golden_rows(two, FrameTable(frame), "y")["exact"]["columns"]]
    assert names == ["prediction_0", "prediction_1"]


class Seen:
    def predict(self, rows):
        self.given = rows
        return ["yes", None, float("nan")][: len(rows)]


def test_any_object_that_predicts_is_given_an_array():
    model = Seen()
    golden = golden_rows(model, from_values({"x": [1, 2, None], "y": [0, 0, 0]}), "y")
    assert isinstance(model.given, np.ndarray)
    assert np.isnan(model.given[2, 0])
    assert golden["exact"] == {"columns": [{"name": "prediction", "type": "string"}], "data": [["yes"], [None], [None]]}


def test_unused_columns_are_pointed_out(forest, wine, capsys):
    golden_rows(forest, FrameTable(wine.assign(id=1)), "target")
    assert "does not use id" in capsys.readouterr().err


def test_data_that_the_model_was_not_fitted_on_are_refused(forest, wine):
    with pytest.raises(InvalidInput, match="available: alcohol"):
        golden_rows(forest, FrameTable(wine), "quality")
    with pytest.raises(InvalidInput, match="no rows"):
        golden_rows(forest, FrameTable(wine.iloc[:0]), "target")
    with pytest.raises(InvalidModel, match="fitted on the columns"):
        golden_rows(forest, FrameTable(wine.drop(columns="hue")), "target")
    array_model = LinearRegression().fit(wine[["hue"]].to_numpy(), wine.target)
    with pytest.raises(InvalidModel, match="ValueError") as caught:
        golden_rows(array_model, FrameTable(wine), "target")
    assert "Traceback" in caught.value.traceback


def test_predictions_that_no_column_holds_are_refused():
    model = Seen()
    model.predict = lambda rows: [{"a": 1}] * len(rows)
    with pytest.raises(InvalidModel, match="predictions"):
        golden_rows(model, from_values({"x": [1], "y": [0]}), "y")


def test_a_frame_of_predictions_keeps_its_names():
    class Model:
        feature_names_in_ = ("when", "size")

        def predict(self, rows):
            return rows

    data = pd.DataFrame({"when": pd.to_datetime(["2024-01-15 12:00"] * 2), "size": [1, 2**53 + 1], "target": [0, 1]})
    exact = golden_rows(Model(), FrameTable(data), "target")["exact"]
    assert exact["columns"] == [{"name": "when", "type": "timestamp"}, {"name": "size", "type": "int64"}]
    assert exact["data"][1] == ["2024-01-15T12:00:00", 2**53 + 1]
