"""The protocols of others, without an engine: what is refused, and how it is said in their own words."""

import io
import json
import struct
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.api.services import services
from registry.domain.entities import Shown
from registry.domain.schema import Schema
from registry.tables import json_format
from registry.tables.table import Table
from tests.unit.api.uploads import upload
from tests.unit.tables.inference_requests import COLUMNS, INPUTS, SCHEMA, request

TRAINING = {
    "columns": [*SCHEMA.to_json(), {"name": "y", "type": "int64"}],
    "data": [[1.5, 1, "a", "x", True, 1]],
}


@pytest.fixture
def asked(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Table]]:
    """A model `odd` that is said to be ready, and answers with its own input; what it was asked."""
    upload(client, "odd", data=(io.BytesIO(json.dumps(TRAINING).encode()), "d.json", "application/json"))
    questions: list[tuple[str, Table]] = []

    def answer(_self: object, _version: str, mode: str, table: Table, **_: object) -> Table:
        questions.append((mode, table))
        if mode == "exact":
            schema = Schema.from_json([{"name": "prediction", "type": "int64"}])
            return Table.from_values(schema, {"prediction": [*range(table.rows)]})
        schema = Schema.from_json([{"name": name, "type": "float64"} for name in ("no", "yes")])
        return Table.from_values(schema, {"no": [0.25] * table.rows, "yes": [0.75] * table.rows})

    with app.app_context():
        models = services().models
        shown = Shown([{"name": "prediction", "type": "int64"}], ["no", "yes"])
        models.version_is_ready(models.version("odd").id, shown)
        monkeypatch.setattr(type(services().prediction), "answer", answer)
    return questions


def infer(client: FlaskClient, document: Any, path: str = "/v2/models/odd/infer", **options: Any) -> Any:
    return client.post(path, json=document, **options)


def test_every_datatype_arrives_as_the_models_column(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    response = infer(client, request(id="seven"))
    assert response.status_code == 200, response.text
    assert response.json == {
        "model_name": "odd",
        "model_version": "1",
        "id": "seven",
        "outputs": [{"name": "prediction", "shape": [2], "datatype": "INT64", "data": [0, 1]}],
    }
    assert response.headers["Weles-Version"] == "1"
    ((mode, table),) = asked
    assert (mode, table.to_values()) == ("exact", {name: each["data"] for name, each in INPUTS.items()})


def test_outputs_come_as_they_were_asked_for(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    response = infer(client, request(outputs=[{"name": "prob"}, {"name": "prediction"}]))
    prob, prediction = response.json["outputs"]
    assert (prob["name"], prob["shape"], prob["data"]) == ("prob", [2, 2], [0.25, 0.75, 0.25, 0.75])
    assert json.loads(prob["parameters"]["classes"]) == ["no", "yes"]
    assert prediction["data"] == [0, 1]
    assert [mode for mode, _ in asked] == ["exact", "prob"]
    asked.clear()
    infer(client, request(outputs=[{"name": "prob"}]))
    assert [mode for mode, _ in asked] == ["prob"]
    response = infer(client, request(outputs=[{"name": "nosuch"}]))
    assert response.status_code == 400
    assert "'nosuch'" in response.json["error"]


def test_nulls_and_levels_in_parameters(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    codes = {"datatype": "INT32", "data": [0, 1], "parameters": {"type": "categorical"}}
    assert infer(client, request(kind=codes)).status_code == 200
    others = {"datatype": "UINT8", "data": [0, 1], "parameters": {"type": "categorical", "levels": '["b", "a"]'}}
    assert infer(client, request(kind=others)).status_code == 200
    nulls = request(size={"data": [0.0, 2.5], "parameters": {"nulls": "0"}}, label={"data": ["x", None]})
    assert infer(client, nulls).status_code == 200
    values = [table.to_values() for _, table in asked]
    assert [each["kind"] for each in values] == [["a", "b"], ["b", "a"], ["b", "a"]]
    assert (values[2]["size"], values[2]["label"]) == ([None, 2.5], ["x", None])


def test_an_error_is_in_the_words_of_both(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    response = infer(client, request(size={"shape": [3]}))
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    body = response.json
    assert "input 'size': expected 3 elements" in body["error"] == body["detail"]
    assert (body["type"], body["status"], body["family"]) == ("/problems/invalid-input", 400, "caller")
    assert body["problems"][0]["column"] == "size"
    response = client.post("/v2/models/odd/infer", data=b"{")
    assert (response.status_code, "not JSON" in response.json["error"]) == (400, True)
    large = client.post("/v2/models/odd/infer", data=b"x", headers={"Content-Encoding": "gzip"})
    assert (large.status_code, "gzip" in large.json["error"]) == (415, True)
    response = client.post("/api/v1/models/odd/invocations", json={"instances": [[1.5]]})
    assert (response.status_code, response.json["error_code"]) == (422, "BAD_REQUEST")
    assert "Row 0 is not a list of 5 values" in response.json["message"]
    response = client.post("/api/v1/models/odd/invocations", json={"instances": [], "params": {"temperature": 1}})
    assert (response.status_code, response.json["problems"][0]["field"]) == (400, "params.temperature")
    assert asked == []


def test_nan_is_no_json_and_is_named(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    text = json.dumps(request(size={"data": [1.0, float("nan")]}))
    response = client.post("/v2/models/odd/infer", data=text)
    assert response.status_code == 400
    assert "In column 'size', row 1: expected datatype FP64, got NaN, which is not JSON" in response.json["error"]
    assert infer(client, request(size={"data": [1.0, "NaN"]})).status_code == 200
    assert str(asked[0][1].to_values()["size"]) == "[1.0, nan]"


def test_binary_text_that_is_not_text(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    raw = struct.pack("<I", 1) + b"a" + struct.pack("<I", 2) + b"\xff\xfe"
    document = request(label={"parameters": {"binary_data_size": len(raw)}})
    del document["inputs"][3]["data"]
    head = json.dumps(document).encode()
    response = client.post(
        "/v2/models/odd/infer", data=head + raw, headers={"Inference-Header-Content-Length": str(len(head))}
    )
    assert response.status_code == 400
    assert "input 'label', row 1: expected text in UTF-8" in response.json["error"]
    for length in ("x", "-1", "99999", ""):
        response = client.post("/v2/models/odd/infer", data=head, headers={"Inference-Header-Content-Length": length})
        assert response.status_code == 400
        assert "Inference-Header-Content-Length" in response.json["error"]


def test_metadata_and_readiness(client: FlaskClient, asked: list[tuple[str, Table]], app: Flask) -> None:
    document = client.get("/v2/models/odd").json
    assert (document["name"], document["versions"], document["platform"]) == ("odd", ["1"], "python_sklearn")
    assert document["inputs"][:3] == [
        {"name": "size", "datatype": "FP64", "shape": [-1]},
        {"name": "count", "datatype": "INT64", "shape": [-1]},
        {
            "name": "kind",
            "datatype": "BYTES",
            "shape": [-1],
            "parameters": {"content_type": "str", "type": "categorical", "levels": '["a", "b"]'},
        },
    ]
    assert document["outputs"] == [
        {"name": "prediction", "datatype": "INT64", "shape": [-1]},
        {"name": "prob", "datatype": "FP64", "shape": [-1, 2], "parameters": {"classes": '["no", "yes"]'}},
    ]
    assert client.get("/v2/models/odd/versions/1").json == document
    assert client.get("/v2/models/odd/versions/1/ready").json == {"name": "odd", "ready": True}
    for path in ("/v2/models/nosuch", "/v2/models/odd/versions/2/ready", "/v2/models/odd/versions/x"):
        response = client.get(path)
        assert (response.status_code, "error" in response.json) == (404, True)
    upload(client, "pending")
    assert client.get("/v2/models/pending/ready").status_code == 503
    anyone = app.test_client()
    assert anyone.get("/v2").json["extensions"] == ["binary_tensor_data"]
    assert anyone.get("/v2/health/ready").json["ready"] is True
    refused = anyone.post("/v2/models/odd/infer", json=request())
    assert (refused.status_code, "error" in refused.json) == (401, True)


def test_mlflow_csv_prob_and_missing_cells(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    path = "/api/v1/models/odd/invocations"
    csv = "label,size,count,kind,open\n001,,1,b,true\n"
    response = client.post(f"{path}?mode=prob", data=csv, content_type="text/csv")
    assert response.json == {"predictions": [{"no": 0.25, "yes": 0.75}]}
    pandas = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [[float("nan"), 1, "b", "001", True]]}})
    assert client.post(path, data=pandas, content_type="application/json").status_code == 200
    assert [table.to_values()["size"] for _, table in asked] == [[None], [None]]
    assert asked[0][1] == asked[1][1]


def test_mlflow_ping_and_version(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    assert client.get("/api/v1/models/odd/ping").status_code == 200
    assert client.get("/api/v1/models/odd/version").text == client.get("/v2").json["version"]
    upload(client, "pending")
    assert client.get("/api/v1/models/pending/ping").status_code == 503
    assert client.get("/api/v1/models/nosuch/ping").status_code == 404


def test_the_codecs_agree_on_what_a_row_is(client: FlaskClient, asked: list[tuple[str, Table]]) -> None:
    rows = [[1.5, 1, "b", "001", True], [2.5, 2**60 + 1, "a", "é", False]]
    infer(client, request())
    client.post("/api/v1/models/odd/invocations", json={"instances": rows})
    client.post("/api/v1/models/odd/predict", json={"columns": COLUMNS, "data": rows})
    tables = [table for _, table in asked]
    assert tables[0] == tables[1] == tables[2]
    assert tables[0] == json_format.from_document({"columns": COLUMNS, "data": rows}, tables[0].schema)
