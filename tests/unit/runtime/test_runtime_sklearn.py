"""Real scikit-learn models through the real runtime give what they give here."""

import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Table


def numeric(names):
    return Schema(tuple(Field(name, ColumnType.FLOAT64) for name in names))


def table_of(frame, schema=None):
    schema = schema or numeric(frame.columns)
    return Table.from_values(schema, {name: frame[name].tolist() for name in schema.names})


IRIS, SPECIES = load_iris(return_X_y=True, as_frame=True)
NAMED = SPECIES.map(dict(enumerate(["setosa", "versicolor", "virginica"])))


def test_fitted_with_a_dataframe(start):
    model = RandomForestClassifier(5, random_state=0).fit(IRIS, NAMED)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    assert runtime.predict(table_of(IRIS)) == {"prediction": model.predict(IRIS).tolist()}
    expected = model.predict_proba(IRIS)
    got = runtime.predict(table_of(IRIS), mode="prob")
    assert list(got) == ["setosa", "versicolor", "virginica"]
    assert np.array_equal(np.column_stack(list(got.values())), expected)
    runtime.process.terminate()
    assert runtime.exit_code() == 0
    assert "Warning" not in runtime.output


def test_fitted_with_an_array(start):
    model = RandomForestClassifier(5, random_state=0).fit(IRIS.to_numpy(), SPECIES.to_numpy())
    schema = numeric(["a", "b", "c", "d"])
    runtime = start(model, inputs=schema, flavour="sklearn").ready()
    table = table_of(IRIS.set_axis(list(schema.names), axis=1), schema)
    assert runtime.predict(table) == {"prediction": model.predict(IRIS.to_numpy()).tolist()}
    assert list(runtime.predict(table, mode="prob")) == ["0", "1", "2"]
    runtime.process.terminate()
    assert runtime.exit_code() == 0
    assert "Warning" not in runtime.output


def test_fitted_with_some_columns_in_another_order(start):
    chosen = IRIS[IRIS.columns[[3, 0]]]
    model = DecisionTreeClassifier(random_state=0).fit(chosen, SPECIES)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    assert runtime.predict(table_of(IRIS)) == {"prediction": model.predict(chosen).tolist()}


def test_joblib_and_a_regression(start):
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    model, file = LinearRegression().fit(x, y), io.BytesIO()
    joblib.dump(model, file)
    runtime = start(file.getvalue(), inputs=numeric(x.columns), flavour="sklearn", format="joblib").ready()
    # The sums of a product depend on how the numbers lie in memory: the last bit may differ.
    assert runtime.predict(table_of(x))["prediction"] == pytest.approx(model.predict(x).tolist(), rel=1e-12)


def test_several_targets(start):
    model = LinearRegression().fit(IRIS.to_numpy(), np.column_stack([SPECIES, -SPECIES]))
    schema = numeric(["a", "b", "c", "d"])
    runtime = start(model, inputs=schema, flavour="sklearn").ready()
    got = runtime.predict(table_of(IRIS.set_axis(list(schema.names), axis=1), schema))
    assert list(got) == ["prediction_0", "prediction_1"]
    assert np.allclose(np.column_stack(list(got.values())), model.predict(IRIS.to_numpy()), rtol=1e-12)


def test_several_targets_with_probabilities(start):
    targets = np.column_stack([SPECIES == 0, SPECIES])
    model = DecisionTreeClassifier(random_state=0).fit(IRIS, targets)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    assert list(runtime.predict(table_of(IRIS), mode="prob")) == ["0:0", "0:1", "1:0", "1:1", "1:2"]


MIXED = Schema(
    (
        Field("colour", ColumnType.CATEGORICAL, ("red", "blue", "never")),
        Field("word", ColumnType.STRING),
        Field("n", ColumnType.INT64),
        Field("flag", ColumnType.BOOL),
    )
)
MIXED_FRAME = pd.DataFrame(
    {
        "colour": pd.Categorical(["red", "blue", "red", "blue"], ["red", "blue", "never"]),
        "word": ["a", "b", "b", "a"],
        "n": [1, 2, 3, 4],
        "flag": [True, False, False, True],
    }
)


def test_text_and_categories_in_a_pipeline(start):
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="error"), ["colour", "word"]), remainder="passthrough"),
        DecisionTreeClassifier(random_state=0),
    ).fit(MIXED_FRAME, ["p", "q", "p", "q"])
    runtime = start(model, inputs=MIXED, flavour="sklearn").ready()
    assert runtime.predict(table_of(MIXED_FRAME, MIXED)) == {"prediction": ["p", "q", "p", "q"]}
    unseen = Table.from_values(MIXED, {"colour": ["never"], "word": ["a"], "n": [1], "flag": [True]})
    with pytest.raises(ModelRaised, match="unknown categories"):
        runtime.predict(unseen)


def test_the_models_own_complaint_about_null(start):
    model = LinearRegression().fit(IRIS, SPECIES)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    values = table_of(IRIS).slice(0, 2).to_values()
    values[IRIS.columns[0]][1] = None
    with pytest.raises(ModelRaised) as caught:
        runtime.predict(Table.from_values(numeric(IRIS.columns), values))
    assert caught.value.fields["error_class"] == "ValueError"
    assert "NaN" in caught.value.fields["message"]
    assert "weles_runtime" not in caught.value.fields["traceback"]
    assert "sklearn" in caught.value.fields["traceback"]


def test_null_as_a_value_of_a_model_that_takes_it(start):
    holes = IRIS.copy()
    holes.iloc[::3, 1] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DecisionTreeClassifier(random_state=0).fit(holes, SPECIES)
    schema = numeric(IRIS.columns)
    values = {name: [None if value != value else value for value in holes[name]] for name in schema.names}
    runtime = start(model, inputs=schema, flavour="sklearn").ready()
    assert runtime.predict(Table.from_values(schema, values)) == {"prediction": model.predict(holes).tolist()}


def test_no_rows(start):
    source = Table.from_values(numeric(IRIS.columns), {name: [] for name in IRIS.columns})
    model = DecisionTreeClassifier(random_state=0).fit(IRIS, SPECIES)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    with pytest.raises(ModelRaised, match="0 sample"):
        runtime.predict(source)


@pytest.mark.parametrize("kind", [ColumnType.FLOAT64, ColumnType.INT64])
def test_an_array_in_the_place_of_a_frame_gives_the_same_answers_and_no_warning(start, kind):
    frame = IRIS if kind is ColumnType.FLOAT64 else (IRIS * 10).astype("int64")
    model = LogisticRegression(max_iter=5000).fit(frame, NAMED)
    schema = Schema(tuple(Field(name, kind) for name in frame.columns))
    runtime = start(model, inputs=schema, flavour="sklearn").ready()
    for rows in (frame.head(7), frame.tail(1), frame):
        assert runtime.predict(table_of(rows, schema))["prediction"] == model.predict(rows).tolist()
        prob = runtime.predict(table_of(rows, schema), mode="prob")
        assert np.array([prob[name] for name in model.classes_]).T.tolist() == model.predict_proba(rows).tolist()
    runtime.process.terminate()
    assert runtime.exit_code() == 0
    assert "feature names" not in runtime.output


def test_a_pipeline_that_chooses_columns_by_name_still_gets_a_frame(start):
    chooser = make_column_transformer(("passthrough", ["petal width (cm)", "petal length (cm)"]))
    model = make_pipeline(chooser, LogisticRegression(max_iter=5000)).fit(IRIS, NAMED)
    runtime = start(model, inputs=numeric(IRIS.columns), flavour="sklearn").ready()
    for _ in range(2):
        assert runtime.predict(table_of(IRIS))["prediction"] == model.predict(IRIS).tolist()
