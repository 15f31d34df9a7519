"""Datasets over HTTP: what is kept, told, given back and refused, and that a refused one leaves nothing."""

import io
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from registry.api.services import services
from registry.blobs.filesystem import FilesystemBlobs
from registry.db.deletion import SqlDeletions
from registry.db.engine import connect
from registry.db.tables import datasets
from registry.services.purge import Purge
from registry.settings import Settings
from registry.tables import formats
from tests.unit.api.uploads import form

CSV = b"x,kind,day\n1.5,a,2026-11-25\n,b,2026-11-26\n2.5,a,\n"


def send(client: FlaskClient, body: bytes, kind: str = formats.CSV, name: str = "mine", **more: str) -> Any:
    data = {"metadata": json.dumps({"name": name, **more}), "data": (io.BytesIO(body), "table", kind)}
    return client.post("/api/v1/datasets", data=data, content_type="multipart/form-data")


def arrow_body(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parquet_body(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def files(settings: Settings) -> list[Path]:
    return [each for each in settings.blobs_folder.rglob("*") if each.is_file()]


def test_what_is_told_of_a_dataset(client: FlaskClient, settings: Settings) -> None:
    answer = send(client, CSV, description="three rows")
    assert answer.status_code == 201, answer.text
    told = answer.json
    assert client.get(f"/api/v1/datasets/{told['hash']}/info").json == told
    assert (told["rows"], told["missing"]) == (3, 2)
    x, kind, day = (column["statistics"] for column in told["columns"])
    assert (x["missing"], x["unique"], x["min"], x["max"], x["mean"]) == (1, 2, 1.5, 2.5, 2.0)
    assert x["quantiles"] == {
        "0.05": pytest.approx(1.55),
        "0.25": 1.75,
        "0.5": 2.0,
        "0.75": 2.25,
        "0.95": pytest.approx(2.45),
    }
    assert sum(x["histogram"]["counts"]) == 2
    assert (x["histogram"]["edges"][0], x["histogram"]["edges"][-1]) == (1.5, 2.5)
    assert kind["levels"] == [{"value": "a", "rows": 2}, {"value": "b", "rows": 1}]
    assert (day["min"], day["max"]) == ("2026-11-25", "2026-11-26")
    assert x["approximate"] == kind["approximate"] == day["approximate"] == []
    assert told["link"].endswith(f"/api/v1/datasets/{told['hash']}")
    year = told["created_at"][:4]
    begin = f"admin ({year}). mine [dataset], 3 rows × 3 columns. Weles. "
    assert told["citation"] == f"{begin}{told['link']} ({told['hash']})"
    assert client.get(told["link"].removeprefix(settings.address)).json["data"][0] == [1.5, "a", "2026-11-25"]


@pytest.mark.parametrize("kind", formats.MEDIA_TYPES)
def test_every_format_comes_back_as_it_was_sent(client: FlaskClient, kind: str) -> None:
    first = send(client, CSV).json
    path = f"/api/v1/datasets/{first['hash']}"
    got = client.get(path, headers={"Accept": kind})
    assert formats.media_type(got.content_type) == kind
    again = send(client, got.data, kind, "again")
    assert again.json["hash"] == first["hash"]
    assert formats.read(kind, got.data) == formats.read(formats.CSV, CSV)
    head = client.get(f"{path}/head?rows=2", headers={"Accept": kind})
    assert formats.read(kind, head.data) == formats.read(formats.CSV, CSV).slice(0, 2)


def test_one_content_is_kept_once_whatever_it_came_in(client: FlaskClient, settings: Settings) -> None:
    table = pa.table({"x": [1, 2, None], "s": ["a", "b", None]})
    bodies = {
        formats.CSV: b"x,s\n1,a\n2,b\n,\n",
        formats.PARQUET: parquet_body(table),
        formats.ARROW: arrow_body(table),
        formats.JSON: b'{"columns":["x","s"],"data":[[1,"a"],[2,"b"],[null,null]]}',
    }
    assert len({send(client, body, kind).json["hash"] for kind, body in bodies.items()}) == 1
    assert len(files(settings)) == 1


NESTED = pa.table({"x": [[1], [2]]})
BIG = pa.table({"x": list(range(20_000))})
HOLED = parquet_body(BIG).replace(parquet_body(BIG)[200:4200], b"\0" * 4000)
BAD = {
    "a cell of two types is text, a short row is refused": (formats.CSV, b"a,b\n1,2\n3\n", None, 1, "2 columns, as in"),
    "a long row": (formats.CSV, b"a,b\n" + b"1,2\n" * 9000 + b"1,2,3\n", None, 9000, "2 columns"),
    "no header line": (formats.CSV, b"5.1,3.5,1.4,setosa\n4.9,3.0,1.4,setosa\n", "5.1", None, "a header line"),
    "a name twice": (formats.CSV, b"a,b,a\n1,2,3\n", "a", None, "a name of its own"),
    "a column without a name": (formats.CSV, b"a,,b\n1,2,3\n", "", None, "a name of its own"),
    "another encoding": (formats.CSV, "a,b\nx,é\n".encode("latin-1"), "b", 0, "text in UTF-8"),
    "another encoding of the names": (formats.CSV, "a,é\nx,y\n".encode("latin-1"), "header", None, "text in UTF-8"),
    "two bytes per sign": (formats.CSV, "a,b\nx,y\n".encode("utf-16"), "header", None, "text in UTF-8"),
    "an empty file": (formats.CSV, b"", None, None, "a header line"),
    "an empty line": (formats.CSV, b"\n", None, None, "a header line"),
    "Parquet that breaks off": (formats.PARQUET, parquet_body(BIG)[:-100], None, None, None),
    "Parquet with a hole": (formats.PARQUET, HOLED, None, None, None),
    "no Parquet": (formats.PARQUET, b"a,b\n1,2\n", None, None, None),
    "empty Parquet": (formats.PARQUET, b"", None, None, None),
    "Parquet with a nested type": (formats.PARQUET, parquet_body(NESTED), "x", None, "bool, int32"),
    "Arrow with a nested type": (formats.ARROW, arrow_body(NESTED), "x", None, "bool, int32"),
    "Arrow that breaks off": (formats.ARROW, arrow_body(BIG)[:-5000], None, None, None),
    "no Arrow": (formats.ARROW, b"\xff\xff\xff\xff\xff\xff\xff\x7f", None, None, None),
    "empty Arrow": (formats.ARROW, b"", None, None, None),
    "Arrow without columns": (formats.ARROW, arrow_body(pa.table({})), None, None, None),
    "JSON that breaks off": (formats.JSON, b'{"columns":["a"],"data":[[1],[2', None, 1, "JSON"),
    "JSON of two types": (formats.JSON, b'{"columns":["a"],"data":[[1],["x"]]}', "a", 1, "values of one type"),
    "JSON with a short row": (formats.JSON, b'{"columns":["a","b"],"data":[[1,2],[1]]}', None, 1, "2 values"),
    "JSON with another key": (formats.JSON, b'[{"a":1},{"b":1}]', "a", 1, "the same columns"),
    "JSON that does not fit its own types": (
        formats.JSON, b'{"columns":[{"name":"a","type":"int32"}],"data":[[1],[1.5]]}', "a", 1, "int32",
    ),
    "empty JSON": (formats.JSON, b"", None, None, None),
    "JSON without a table": (formats.JSON, b"[]", None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_refused_and_leaves_nothing(client: FlaskClient, settings: Settings, case: str) -> None:
    kind, body, column, row, expected = BAD[case]
    answer = send(client, body, kind)
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid-input"), answer.text
    assert answer.json["detail"]
    assert "model" not in answer.json["next"]
    if expected is not None:
        (problem,) = answer.json["problems"]
        assert (problem["column"], problem["row"]) == (column, row)
        assert problem["expected"].startswith(expected)
    assert files(settings) == []


def test_the_same_refusals_when_the_data_come_with_a_model(client: FlaskClient, settings: Settings) -> None:
    metadata = {"name": "m", "target": "b", "flavour": "sklearn", "language_version": "3.11.7"}
    data = {
        "metadata": json.dumps(metadata),
        "model": (io.BytesIO(b"a model"), "model.pkl"),
        "requirements": (io.BytesIO(b"numpy==1.26.4\n"), "requirements.txt"),
        "data": (io.BytesIO(b"a,b\n1,2\n3\n"), "data.csv", "text/csv"),
    }
    answer = client.post("/api/v1/models", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["problems"][0]["row"]) == (422, 1)
    assert files(settings) == []


class Disconnecting(io.RawIOBase):
    """A body whose sender goes away after some of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = io.BytesIO(body)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._body.read(len(buffer))
        if not block:
            raise ConnectionResetError("the client went away")
        buffer[: len(block)] = block
        return len(block)


def test_a_client_that_goes_away_leaves_nothing(client: FlaskClient, app: Flask, settings: Settings) -> None:
    app.logger.disabled = True
    begin = b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"name":"x"}\r\n--b\r\n'
    begin += b'Content-Disposition: form-data; name="data"; filename="d"\r\nContent-Type: text/csv\r\n\r\nx\n'
    body = io.BufferedReader(Disconnecting(begin + b"1\n" * 500_000))
    answer = client.post(
        "/api/v1/datasets",
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(16 << 20)},
    )
    assert answer.status_code in (400, 413, 500)
    assert files(settings) == []


def test_a_table_over_the_limit(settings: Settings, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "max_data_bytes", 100, raising=False)
    answer = send(client, b"x\n" + b"1\n" * 100)
    assert (answer.status_code, answer.json["limit_bytes"]) == (413, 100)
    assert files(settings) == []


def test_names_are_their_owners(client: FlaskClient, member: FlaskClient) -> None:
    path = f"/api/v1/datasets/{send(client, CSV).json['hash']}"
    send(member, CSV, name="hers", description="by ann")
    assert member.post(f"{path}/aliases", json={"name": "a/b c"}).status_code == 201
    assert member.post(f"{path}/aliases", json={"name": "hers"}).status_code == 409
    assert member.patch(f"{path}/aliases/mine", json={"name": "stolen"}).status_code == 404
    assert member.patch(f"{path}/aliases/mine?owner=admin", json={"name": "stolen"}).status_code == 404
    assert member.delete(f"{path}/aliases/mine?owner=admin").status_code == 404
    assert member.patch(f"{path}/aliases/a/b c", json={"name": "hers"}).status_code == 409
    assert member.patch(f"{path}/aliases/a/b c", json={}).status_code == 400
    changed = member.patch(f"{path}/aliases/a/b c", json={"name": "new", "description": "better"})
    assert changed.status_code == 200
    assert client.patch(f"{path}/aliases/hers?owner=ann", json={"description": "by admin"}).status_code == 200
    told = {(each["owner"], each["name"]): each["description"] for each in client.get(f"{path}/info").json["aliases"]}
    assert told == {("admin", "mine"): "", ("ann", "hers"): "by admin", ("ann", "new"): "better"}


def test_a_dataset_is_deleted_with_its_last_name_and_back_with_a_new_one(app: Flask, client: FlaskClient) -> None:
    content_hash = send(client, CSV).json["hash"]
    path = f"/api/v1/datasets/{content_hash}"

    def deleted_at() -> Any:
        with app.app_context():
            return services().datasets.get(content_hash).deleted_at

    client.post(f"{path}/aliases", json={"name": "other"})
    assert client.delete(f"{path}/aliases/mine").status_code == 204
    assert deleted_at() is None
    assert client.delete(f"{path}/aliases/other").status_code == 204
    assert deleted_at() is not None
    assert client.delete(f"{path}/aliases/other").status_code == 404
    assert send(client, CSV).json["hash"] == content_hash
    assert deleted_at() is None


def test_what_was_stored_before_is_counted_when_somebody_asks(
    client: FlaskClient, app: Flask, settings: Settings
) -> None:
    told = send(client, CSV).json
    engine = connect(settings.database)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(datasets).values(statistics=None, missing=None))
    assert client.get(f"/api/v1/datasets/{told['hash']}/info").json == told
    with app.app_context():
        assert services().datasets.get(told["hash"]).missing == 2
    engine.dispose()


def test_a_dataset_without_a_name_goes_after_the_time_of_grace_unless_a_model_was_made_with_it(
    client: FlaskClient, settings: Settings
) -> None:
    alone, used = send(client, CSV).json["hash"], send(client, b"x,y\n1.5,a\n2.5,b\n").json["hash"]
    parts = form("wine", dataset=used)
    del parts["data"]
    assert client.post("/api/v1/models", data=parts, content_type="multipart/form-data").status_code == 202
    for content_hash in (alone, used):
        assert client.delete(f"/api/v1/datasets/{content_hash}/aliases/mine").status_code == 204
    engine = connect(settings.database)
    deletions, blobs = SqlDeletions(engine), FilesystemBlobs(settings.blobs_folder)
    before = len(files(settings))
    assert Purge(deletions, blobs, Mock(), grace_seconds=60).purge() == 0
    for file in files(settings):
        os.utime(file, (0, 0))
    purge = Purge(deletions, blobs, Mock(), grace_seconds=0)
    assert (purge.purge(), purge.purge(), purge.free()) == (1, 0, 1)
    assert len(files(settings)) == before - 1
    assert client.get(f"/api/v1/datasets/{alone}/info").status_code == 404
    assert client.get(f"/api/v1/datasets/{used}/head").json["data"] == [[1.5, "a"], [2.5, "b"]]
    engine.dispose()
